package coreutils

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/condition"
	"drydock/sim/tools/internal/escape"
	"drydock/sim/tools/internal/gnu"
	"drydock/sim/tools/internal/printf"
)

// True is true(1).
func True(context.Context, *command.Call) int { return 0 }

// False is false(1).
func False(context.Context, *command.Call) int { return 1 }

// Echo is echo(1). What is no option is printed.
func Echo(_ context.Context, c *command.Call) int {
	words, end, escapes := c.Args[1:], "\n", false
	for len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' && strings.Trim(words[0][1:], "neE") == "" {
		for _, letter := range words[0][1:] {
			switch letter {
			case 'n':
				end = ""
			case 'e':
				escapes = true
			default:
				escapes = false
			}
		}
		words = words[1:]
	}
	text := strings.Join(words, " ")
	if escapes {
		var stopped bool
		if text, stopped = escape.Expand(text, escape.Echo); stopped {
			end = ""
		}
	}
	c.Printf("%s%s", text, end)
	return 0
}

// Printf is printf(1).
func Printf(_ context.Context, c *command.Call) int {
	args := c.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return gnu.Refuse(c, 1, gnu.Missing())
	}
	faults := printf.Print(c.Stdout, args[0], args[1:], printf.Style{Escapes: escape.Format, Quote: printf.Quoted,
		Invalid: func(arg string, partly bool) string {
			if partly {
				return quoted(arg) + ": value not completely converted"
			}
			return quoted(arg) + ": expected a numeric value"
		},
		Directive: func(text string) string { return text + ": invalid conversion specification" },
	})
	for _, f := range faults {
		c.Errorf("printf: %s\n", f)
	}
	return gnu.Status(len(faults) > 0)
}

// Yes is yes(1). Its writes wait for the reader, so that it is no busy loop.
func Yes(ctx context.Context, c *command.Call) int {
	args, err := command.Getopt(c.Args[1:], nil)
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	line := "y\n"
	if len(args) > 0 {
		line = strings.Join(args, " ") + "\n"
	}
	block := strings.Repeat(line, max(1, 4096/len(line)))
	for ctx.Err() == nil {
		if _, err := io.WriteString(c.Stdout, block); err != nil {
			return 1
		}
	}
	return 0
}

// A conditions is what test asks of the machine.
type conditions struct{ *command.Call }

func (c conditions) Stat(name string) (fs.FileInfo, error) { return stat(c.Call, name) }

func (c conditions) Terminal(fd int) bool {
	switch fd {
	case 0:
		return command.TerminalOf(c.Stdin) != nil
	case 1:
		return command.TerminalOf(c.Stdout) != nil
	case 2:
		return command.TerminalOf(c.Stderr) != nil
	}
	return false
}

// Test is test(1) and [.
func Test(_ context.Context, c *command.Call) int {
	args := c.Args[1:]
	if c.Args[0] == "[" {
		if len(args) == 0 || args[len(args)-1] != "]" {
			return c.Fail(2, "[: missing ']'\n")
		}
		args = args[:len(args)-1]
	}
	value, err := condition.Eval(conditions{c}, args)
	var bad *condition.Error
	if errors.As(err, &bad) {
		text := ""
		switch bad.Kind {
		case condition.Integer:
			text = "invalid integer " + quoted(bad.Arg)
		case condition.NotUnary:
			text = quoted(bad.Arg) + ": unary operator expected"
		case condition.NotBinary:
			text = quoted(bad.Arg) + ": binary operator expected"
		case condition.TooMany:
			text = "extra argument " + quoted(bad.Arg)
		case condition.Missing:
			text = "missing argument after " + quoted(bad.Arg)
		case condition.Unclosed:
			text = "')' expected"
		}
		return c.Fail(2, "%s: %s\n", c.Args[0], text)
	}
	return gnu.Status(!value)
}
