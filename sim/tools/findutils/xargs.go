package findutils

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// most is how many words one command gets. The real limit is 128 KiB of text, which is
// about as many of 32 bytes: an ID has 12 or 64.
const most = 4096

// A batcher is the options of xargs.
type batcher struct {
	n        int
	runEmpty bool
	zero     bool
	trace    bool
	replace  string
}

func (x *batcher) options() []command.Option {
	return []command.Option{
		{Names: "r no-run-if-empty", Set: func(string, string) error { x.runEmpty = false; return nil }},
		gnu.Flag("0 null", &x.zero), gnu.Flag("t verbose", &x.trace), gnu.Text("I", &x.replace),
		{Names: "n max-args", Value: true, Set: func(_, value string) (err error) {
			if x.n, err = strconv.Atoi(value); err != nil || x.n < 1 {
				return errors.New("value " + value + " for -n option should be >= 1")
			}
			x.n = min(x.n, most)
			return nil
		}},
	}
}

// read reads the words of standard input: by lines for -I.
func (x *batcher) read(c *command.Call) (args []string, problem string) {
	text, err := gnu.ReadAll(c.Stdin)
	switch {
	case err != nil:
		return nil, command.Reason(err)
	case x.zero:
		if text = strings.TrimSuffix(text, "\x00"); text != "" {
			args = strings.Split(text, "\x00")
		}
		return args, ""
	case x.replace != "":
		for _, line := range gnu.Split(text) {
			if line = strings.TrimLeft(line, " \t"); line != "" {
				args = append(args, line)
			}
		}
		return args, ""
	}
	return split(text)
}

// Xargs is xargs(1). Without words on its input it runs the command once, unless -r
// says not to: that is GNU's, and BSD does not. The command reads nothing: its input is
// the list, which xargs has read.
func Xargs(ctx context.Context, c *command.Call) int {
	x := batcher{n: most, runEmpty: true}
	options, words := splitOptions(c.Args[1:])
	if _, err := command.Getopt(options, x.options()); err != nil {
		return c.Fail(1, "xargs: %v\nTry 'xargs --help' for more information.\n", err)
	}
	if len(words) == 0 {
		words = []string{"echo"}
	}
	args, problem := x.read(c)
	if problem != "" {
		return c.Fail(1, "xargs: %s\n", problem)
	}
	if len(args) == 0 && (!x.runEmpty || x.replace != "") {
		return 0
	}
	if _, err := c.Commands.Lookup(c.Files, c.Dir, words[0]); err != nil {
		return c.Fail(command.NotFound, "xargs: %s: No such file or directory\n", words[0])
	}
	status := 0
	for first := true; (first || len(args) > 0) && ctx.Err() == nil; first = false {
		batch := x.batch(words, &args)
		if x.trace {
			c.Errorf("%s\n", strings.Join(batch, " "))
		}
		child := *c
		child.Args, child.Stdin = batch, nil
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

// batch takes what the next command gets.
func (x *batcher) batch(words []string, args *[]string) []string {
	if x.replace != "" {
		line := (*args)[0]
		*args = (*args)[1:]
		batch := make([]string, len(words))
		for i, w := range words {
			batch[i] = strings.ReplaceAll(w, x.replace, line)
		}
		return batch
	}
	n := min(x.n, len(*args))
	batch := slices.Concat(words, (*args)[:n])
	*args = (*args)[n:]
	return batch
}

// splitOptions separates the options from the command, whose options are its own:
// getopt would permute. A value may be joined to -n and -I or follow it.
func splitOptions(args []string) (options, words []string) {
	i := 0
	for i < len(args) && len(args[i]) > 1 && args[i][0] == '-' {
		if args[i] == "-n" || args[i] == "-I" || args[i] == "--max-args" {
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
