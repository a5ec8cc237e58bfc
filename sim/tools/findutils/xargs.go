// Package findutils has xargs(1) of GNU findutils 4.9.0, as Debian 12 has it:
//
//	xargs [-r] [-n ARGS] [COMMAND [ARG...]]
//
// It is for lists of IDs and names: "docker ps -aq | xargs docker rm -f". -I, -0 and -P
// are not there.
//
// Words of standard input are separated by blanks and newlines and may be quoted.
// Commands run one after the other. The status is 123 if one of them failed, 124 if one
// returned 255, 127 if there is no such command, and 1 for other failures, other
// options among them.
package findutils

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
)

// Commands returns the commands of the suite. find is not among them, as there are
// hardly any files.
func Commands() command.Table { return command.Table{"xargs": Xargs} }

// most is how many words one command gets. The real limit is 128 KiB of text, which is
// about as many of 32 bytes: an ID has 12 or 64.
const most = 4096

// Xargs is xargs(1). Without words on its input it runs the command once, unless -r
// says not to: that is GNU's, and BSD does not. The command reads nothing: its input is
// the list, which xargs has read.
func Xargs(ctx context.Context, c *command.Call) int {
	options, words := splitOptions(c.Args[1:])
	n, runEmpty := most, true
	_, err := command.Getopt(options, []command.Option{
		{Names: "r no-run-if-empty", Set: func(string, string) error { runEmpty = false; return nil }},
		{Names: "n max-args", Value: true, Set: func(_, value string) (err error) {
			if n, err = strconv.Atoi(value); err != nil || n < 1 {
				return errors.New("value " + value + " for -n option should be >= 1")
			}
			n = min(n, most)
			return nil
		}},
	})
	if err != nil {
		return c.Fail(1, "xargs: %v\nTry 'xargs --help' for more information.\n", err)
	}
	if len(words) == 0 {
		words = []string{"echo"}
	}
	text, err := io.ReadAll(c.Stdin)
	if err != nil {
		return c.Fail(1, "xargs: %v\n", err)
	}
	args, problem := split(string(text))
	if problem != "" {
		return c.Fail(1, "xargs: %s\n", problem)
	}
	if len(args) == 0 && !runEmpty {
		return 0
	}
	if _, ok := c.Commands[words[0]]; !ok {
		return c.Fail(command.NotFound, "xargs: %s: No such file or directory\n", words[0])
	}
	status := 0
	for first := true; (first || len(args) > 0) && ctx.Err() == nil; first = false {
		batch := args[:min(n, len(args))]
		args = args[len(batch):]
		child := *c
		child.Args, child.Stdin = slices.Concat(words, batch), nil
		switch c.Commands.Run(ctx, &child) {
		case 0:
		case 255:
			return c.Fail(124, "xargs: %s: exited with status 255; aborting\n", words[0])
		default:
			status = 123
		}
	}
	return status
}

// splitOptions separates the options from the command, whose options are its own:
// getopt would permute. A value may be joined to -n or follow it.
func splitOptions(args []string) (options, words []string) {
	i := 0
	for i < len(args) && len(args[i]) > 1 && args[i][0] == '-' {
		if args[i] == "-n" || args[i] == "--max-args" {
			i++
		}
		i++
	}
	i = min(i, len(args))
	return args[:i], args[i:]
}

// split returns the words of a text, or what is wrong with its quotes. They are not
// those of a shell: a quoted part ends on its line, and a backslash within it is one.
func split(text string) (words []string, problem string) {
	var word strings.Builder
	open, quote := false, rune(0) // whether there is a word, and what ends a quoted part of it
	escaped := false
	for _, r := range text {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case quote != 0 && r == '\n':
			return nil, "unmatched " + map[rune]string{'\'': "single", '"': "double"}[quote] + " quote; by default quotes are special to xargs unless you use the -0 option"
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && r == '\\':
			open, escaped = true, true
		case quote == 0 && (r == '\'' || r == '"'):
			open, quote = true, r
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n'):
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		default:
			open = true
			word.WriteRune(r)
		}
	}
	if quote != 0 {
		return nil, "unmatched quote"
	}
	if open {
		words = append(words, word.String())
	}
	return words, ""
}
