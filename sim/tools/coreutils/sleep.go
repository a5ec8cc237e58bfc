package coreutils

import (
	"context"
	"errors"
	"strconv"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// Sleep is sleep(1). Several arguments add up. It sleeps by the clock of package time, which
// is virtual in a bubble.
func Sleep(ctx context.Context, c *command.Call) int {
	args, err := command.Getopt(c.Args[1:], nil)
	if err == nil && len(args) == 0 {
		err = gnu.Missing()
	}
	var total time.Duration
	for _, arg := range args {
		d, ok := parseTime(arg)
		if !ok {
			err = &gnu.Fault{Text: "invalid time interval " + quoted(arg), Usage: true}
			break
		}
		total += min(d, longest-total)
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	timer := time.NewTimer(total)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return 0
}

// longest is what sleep infinity sleeps, 292 years.
const longest = time.Duration(1<<63 - 1)

// parseTime parses a number as strtod(3) does, infinity included, with a unit. Numbers out of
// range are infinity.
func parseTime(arg string) (d time.Duration, ok bool) {
	unit := time.Second
	if i := len(arg) - 1; i > 0 {
		if u, ok := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[arg[i]]; ok {
			arg, unit = arg[:i], u
		}
	}
	n, err := strconv.ParseFloat(arg, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || !(n >= 0) {
		return 0, false
	}
	if n *= float64(unit); n < float64(longest) {
		return time.Duration(n), true
	}
	return longest, true
}

// A limit is the options of timeout.
type limit struct {
	signal    command.Signal
	after     time.Duration
	kill      time.Duration // after signal
	preserve  bool
	arguments []string
}

// parse parses the command line.
func (l *limit) parse(args []string) error {
	signal, kill := "TERM", "infinity"
	options, args := leading(args, "sk")
	_, err := command.Getopt(options, []command.Option{
		gnu.Text("s signal", &signal), gnu.Text("k kill-after", &kill), gnu.Flag("preserve-status", &l.preserve),
	})
	if err != nil {
		return err
	}
	var ok bool
	if l.signal, ok = command.ParseSignal(signal); !ok {
		return &gnu.Fault{Text: quoted(signal) + ": invalid signal", Usage: true}
	}
	if len(args) < 2 {
		return nil
	}
	l.arguments = args[1:]
	if l.kill, ok = parseTime(kill); !ok {
		return &gnu.Fault{Text: "invalid time interval " + quoted(kill), Usage: true}
	}
	if l.after, ok = parseTime(args[0]); !ok {
		return &gnu.Fault{Text: "invalid time interval " + quoted(args[0]), Usage: true}
	}
	if l.after == 0 { // which is no limit
		l.after = longest
	}
	return nil
}

// Timeout is timeout(1). Its status is 124 if it had to end the command, 137 if by SIGKILL.
func Timeout(ctx context.Context, c *command.Call) int {
	var l limit
	if err := l.parse(c.Args[1:]); err != nil {
		return gnu.Refuse(c, 125, err)
	}
	if l.arguments == nil {
		return c.Fail(125, "Try 'timeout --help' for more information.\n")
	}
	if status := lookUp(c, l.arguments[0], "timeout: failed to run command '%s': %s\n"); status != 0 {
		return status
	}
	child := *c
	child.Args = l.arguments
	process, run := c.Commands.Prepare(ctx, &child)
	done := make(chan int, 1)
	go func() { done <- run() }()
	timer := time.NewTimer(l.after)
	defer timer.Stop()
	select {
	case status := <-done:
		return status
	case <-timer.C:
	}
	process.Signal(l.signal)
	timer.Reset(l.kill)
	select {
	case status := <-done:
		switch {
		case l.preserve:
			return status
		case l.signal == command.SIGKILL:
			return command.Killed
		}
		return 124
	case <-timer.C:
	}
	process.Signal(command.SIGKILL)
	<-done
	return command.Killed
}
