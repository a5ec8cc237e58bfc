package shell

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"drydock/sim/tools/command"
)

// runTraps runs what trap has set for signals that have come. A signal whose trap was reset
// ends the shell.
func (s *shell) runTraps(ctx context.Context) {
	for !s.sub {
		var signal command.Signal
		select {
		case signal = <-s.caught:
		default:
			return
		}
		s.trapped(ctx, signal)
	}
}

// trapped is one signal that has come.
func (s *shell) trapped(ctx context.Context, signal command.Signal) {
	action, ok := s.traps[trapName(signal)]
	switch {
	case !ok && !s.interactive:
		s.status, s.flow = signal.ExitCode(), exiting
	case ok:
		status := s.status
		s.evaluate(ctx, action)
		s.status = status
	}
}

// leave ends the shell: trap EXIT.
func (s *shell) leave(ctx context.Context) {
	action := s.traps["EXIT"]
	if action == "" || ctx.Err() != nil {
		return
	}
	s.change()
	delete(s.traps, "EXIT")
	status, flow := s.status, s.flow
	s.flow = going
	s.evaluate(ctx, action)
	if s.flow != exiting {
		s.status, s.flow = status, flow
	}
}

// evaluate runs a text in this shell, as eval does.
func (s *shell) evaluate(ctx context.Context, text string) {
	if s.calls >= maxCalls {
		s.fail(2, "%s", s.words("eval: maximum eval nesting level exceeded (1000)", "Maximum function recursion depth (1000) reached", ""))
		return
	}
	lines, last := s.lines, s.last
	s.calls++
	s.lines += max(1, s.line) - 1
	s.last = false
	s.text(ctx, text)
	s.calls--
	s.lines, s.last = lines, last
}

// trapName is the name of a signal in traps.
func trapName(signal command.Signal) string { return strings.TrimPrefix(signal.String(), "SIG") }

// trapKey returns the name under which traps has a condition: "EXIT", "INT".
func trapKey(text string) (string, bool) {
	if text == "0" || strings.EqualFold(text, "EXIT") {
		return "EXIT", true
	}
	signal, ok := command.ParseSignal(text)
	return trapName(signal), ok
}

// trap is the builtin.
func trap(s *shell, _ context.Context, args []string) int {
	args = args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 || args[0] == "-p" {
		for _, name := range slices.Sorted(maps.Keys(s.traps)) {
			shown := name
			if s.bash && name != "EXIT" {
				shown = "SIG" + name
			}
			fmt.Fprintf(s.files.writer(1), "trap -- '%s' %s\n", strings.ReplaceAll(s.traps[name], "'", `'\''`), shown)
		}
		return 0
	}
	action, names := args[0], args[1:]
	reset := action == "-"
	if len(names) == 0 { // trap INT is trap - INT
		names, reset = args, true
	}
	s.change()
	status := 0
	for _, text := range names {
		name, ok := trapKey(text)
		switch {
		case !ok:
			if s.bash || s.busybox {
				s.builtinError("trap", "%s: invalid signal specification", text)
			} else {
				fmt.Fprintf(s.files.writer(2), "trap: %s: bad trap\n", text)
			}
			status = 1
		case reset:
			delete(s.traps, name)
		default:
			s.traps[name] = action
		}
	}
	s.notify()
	return status
}

// notify has the shell get the signals for which there are traps. Subshells get none: they
// are no processes.
func (s *shell) notify() {
	if s.sub || s.interactive {
		return
	}
	var signals []command.Signal
	for name := range s.traps {
		if signal, ok := command.ParseSignal(name); ok {
			signals = append(signals, signal)
		}
	}
	if len(signals) > 0 {
		s.caught = s.call.Notify(signals...)
	}
}
