package coreutils

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"drydock/sim/tools/command"
)

// True is true(1).
func True(context.Context, *command.Call) int { return 0 }

// False is false(1).
func False(context.Context, *command.Call) int { return 1 }

// Echo is echo(1). Only -n is an option; every other word is printed, as dash's own
// echo does, but backslashes are left as they are, as GNU's does without -e.
func Echo(_ context.Context, c *command.Call) int {
	words, end := c.Args[1:], "\n"
	if len(words) > 0 && words[0] == "-n" {
		words, end = words[1:], ""
	}
	c.Printf("%s%s", strings.Join(words, " "), end)
	return 0
}

// Env is env(1). It starts the command itself and does not search $PATH: the table is
// all there is. Variables of the call keep their order; new ones come last.
func Env(ctx context.Context, c *command.Call) int {
	args := c.Args[1:]
	if len(args) > 0 && strings.HasPrefix(args[0], "-") { // options come first: those after a command are its own
		_, err := command.Getopt(args[:1], nil)
		if err != nil {
			return refuse(c, 125, err)
		}
		args = args[1:]
	}
	env := slices.Clone(c.Env)
	for ; len(args) > 0 && strings.Contains(args[0], "="); args = args[1:] {
		name, _, _ := strings.Cut(args[0], "=")
		env = slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
		env = append(env, args[0])
	}
	if len(args) > 0 {
		if _, ok := c.Commands[args[0]]; !ok {
			return c.Fail(command.NotFound, "env: '%s': No such file or directory\n", args[0])
		}
		child := *c
		child.Args, child.Env = args, env
		return c.Commands.Run(ctx, &child)
	}
	for _, v := range env {
		c.Printf("%s\n", v)
	}
	return 0
}

// Sleep is sleep(1). Several arguments add up. It sleeps by the clock of package time,
// which is virtual in a bubble.
func Sleep(ctx context.Context, c *command.Call) int {
	args, err := command.Getopt(c.Args[1:], nil)
	if err == nil && len(args) == 0 {
		err = errors.New("missing operand")
	}
	var total time.Duration
	for _, arg := range args {
		d, ok := parseSleep(arg)
		if !ok {
			err = errors.New("invalid time interval '" + arg + "'")
			break
		}
		total += min(d, longest-total)
	}
	if err != nil {
		return refuse(c, 1, err)
	}
	timer := time.NewTimer(total)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return 128 + 2 // SIGINT
	case <-timer.C:
		return 0
	}
}

// longest is what sleep infinity sleeps, 292 years.
const longest = time.Duration(1<<63 - 1)

// parseSleep parses a number as strtod(3) does, infinity included, with a unit. Numbers
// out of range are infinity.
func parseSleep(arg string) (d time.Duration, ok bool) {
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
