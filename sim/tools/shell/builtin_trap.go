package shell

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"drydock/sim/tools/command"
)

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
			fmt.Fprintf(s.files.Writer(1), "trap -- '%s' %s\n", strings.ReplaceAll(s.traps[name], "'", `'\''`), shown)
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
				fmt.Fprintf(s.files.Writer(2), "trap: %s: bad trap\n", text)
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
