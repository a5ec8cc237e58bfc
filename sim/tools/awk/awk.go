// Package awk has awk, by github.com/benhoyt/goawk:
//
//	awk [-F SEP] [-v NAME=VALUE]... [-f FILE | PROGRAM] [NAME=VALUE | FILE]...
//
// It is the language of POSIX. Programs can neither run commands nor read or write files by
// themselves: system(), | and > end them with a message. The files of the command line are
// read one after another as one input, so FILENAME is empty and FNR is NR; assignments among
// them count from the beginning.
//
// goawk does not bound the memory of a program: one that doubles a text for ever takes all that
// there is.
package awk

import (
	"context"
	"errors"
	"io"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/escape"
	"drydock/sim/tools/internal/gnu"

	"github.com/benhoyt/goawk/interp"
	"github.com/benhoyt/goawk/parser"
	"mvdan.cc/sh/v3/syntax"
)

// Commands returns the commands of the package.
func Commands() command.Table {
	return gnu.WrapAll(command.Table{"awk": Awk, "mawk": Awk})
}

// maxProgram is MAX_ARG_STRLEN; the parser recurses.
const maxProgram = 16 << 10

// Awk is awk(1).
func Awk(ctx context.Context, c *command.Call) (status int) {
	var program string
	var given bool
	set := []string{}
	options, args := leading(c.Args[1:])
	_, err := command.Getopt(options, []command.Option{
		{Names: "F", Value: true, Set: func(_, v string) error { set = append(set, "FS", separator(v)); return nil }},
		{Names: "v", Value: true, Set: func(_, v string) error {
			name, value, ok := strings.Cut(v, "=")
			if !ok || !syntax.ValidName(name) {
				return gnu.Bad("improper assignment: -v %s", v)
			}
			text, _ := escape.Expand(value, escape.Format)
			set = append(set, name, text)
			return nil
		}},
		{Names: "f", Value: true, Set: func(_, name string) error {
			text, err := c.ReadFile(name)
			if err != nil {
				return gnu.Bad("couldn't open file %s", name)
			}
			program += string(text) + "\n"
			given = true
			return nil
		}},
	})
	switch {
	case err != nil:
		return c.Fail(2, "%s: %v\n", c.Args[0], err)
	case !given && len(args) == 0:
		return c.Fail(2, "Usage: %s [Options] [Program] [file ...]\n", c.Args[0])
	case !given:
		program, args = args[0], args[1:]
	}
	if len(program) > maxProgram {
		return c.Fail(2, "%s: program too long\n", c.Args[0])
	}
	return run(ctx, c, program, set, args)
}

// leading returns the options that args begin with: those after the program are its own.
func leading(args []string) (options, rest []string) {
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "--":
			return args[:i], args[i+1:]
		case len(arg) < 2 || arg[0] != '-':
			return args[:i], args[i:]
		case arg == "-F" || arg == "-v" || arg == "-f":
			i++
		}
	}
	return args, nil
}

// separator is -F: t is a tab, and escapes are those of a string.
func separator(v string) string {
	if v == "t" {
		return "\t"
	}
	text, _ := escape.Expand(v, escape.Format)
	return text
}

func run(ctx context.Context, c *command.Call, program string, set, args []string) (status int) {
	defer func() {
		if r := recover(); r != nil { // the library's own limits
			status = c.Fail(2, "%s: program limit exceeded\n", c.Args[0])
		}
	}()
	parsed, err := parser.ParseProgram([]byte(program), nil)
	if err != nil {
		text := err.Error()
		var parse *parser.ParseError
		if errors.As(err, &parse) {
			text = parse.Message
			return c.Fail(2, "%s: line %d: syntax error: %s\n", c.Args[0], parse.Position.Line, text)
		}
		return c.Fail(2, "%s: %s\n", c.Args[0], text)
	}
	in := &inputs{c: c}
	for _, arg := range args {
		if name, value, ok := strings.Cut(arg, "="); ok && syntax.ValidName(name) {
			set = append(set, name, value)
			continue
		}
		in.names = append(in.names, arg)
	}
	if len(in.names) == 0 {
		in.names = []string{"-"}
	}
	environ := []string{}
	for _, v := range c.Env {
		name, value, _ := strings.Cut(v, "=")
		environ = append(environ, name, value)
	}
	interpreter, err := interp.New(parsed)
	if err != nil {
		return c.Fail(2, "%s: %v\n", c.Args[0], err)
	}
	status, err = interpreter.ExecuteContext(ctx, &interp.Config{
		Stdin: in, Output: c.Stdout, Error: c.Stderr, Argv0: c.Args[0], Vars: set, Environ: environ,
		NoExec: true, NoFileWrites: true, NoFileReads: true, NewlineOutput: interp.RawNewlineMode,
	})
	switch {
	case err != nil && ctx.Err() == nil:
		return c.Fail(2, "%s: %v\n", c.Args[0], err)
	case in.failed:
		return 2
	}
	return status
}

// inputs reads files one after another. Each begins with a new line.
type inputs struct {
	c      *command.Call
	names  []string
	open   io.ReadCloser
	last   byte
	failed bool
}

func (in *inputs) Read(b []byte) (int, error) {
	for {
		if in.open == nil {
			if len(in.names) == 0 {
				return 0, io.EOF
			}
			f, err := gnu.Open(in.c, in.names[0])
			if err != nil {
				in.c.Errorf("%s: cannot open \"%s\" (%s)\n", in.c.Args[0], in.names[0], command.Reason(err))
				in.failed, in.names = true, nil
				return 0, io.EOF
			}
			in.open, in.names, in.last = f, in.names[1:], '\n'
		}
		n, err := in.open.Read(b)
		if n > 0 {
			in.last = b[n-1]
			return n, nil
		}
		if err != nil {
			in.open.Close()
			in.open = nil
			if err != io.EOF {
				return 0, err
			}
			if in.last != '\n' && len(in.names) > 0 {
				return copy(b, "\n"), nil
			}
		}
	}
}
