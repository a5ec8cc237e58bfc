// Package gnu has what the programs of GNU share: words for wrong command lines, files as
// arguments, and lines.
package gnu

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
)

// Wrap returns a program that catches no signals: ^C and the like end it, whatever it returns
// then.
func Wrap(f command.Func) command.Func {
	return command.Uncaught(func(ctx context.Context, c *command.Call) int {
		status := f(ctx, c)
		if ctx.Err() != nil {
			return command.Interrupted(ctx)
		}
		return status
	})
}

// WrapAll wraps the programs of a table.
func WrapAll(t command.Table) command.Table {
	for name, f := range t {
		t[name] = Wrap(f)
	}
	return t
}

// Refuse prints what is wrong with the command line. Quotes are those of the locale C, which
// containers have.
func Refuse(c *command.Call, status int, err error) int {
	var bad *command.OptionError
	if !errors.As(err, &bad) {
		var plain *Fault
		if errors.As(err, &plain) && !plain.Usage {
			return c.Fail(status, "%s: %v\n", c.Args[0], err)
		}
	}
	return c.Fail(status, "%s: %v\nTry '%[1]s --help' for more information.\n", c.Args[0], err)
}

// A Fault is a wrong command line in the program's words.
type Fault struct {
	Text  string
	Usage bool // the program says how to get help
}

func (f *Fault) Error() string { return f.Text }

// Bad returns a Fault without a hint.
func Bad(format string, args ...any) error { return &Fault{Text: fmt.Sprintf(format, args...)} }

// Missing is a command line without the arguments that it needs.
func Missing() error { return &Fault{Text: "missing operand", Usage: true} }

// MissingAfter returns that of programs that need another argument.
func MissingAfter(arg string) error {
	return &Fault{Text: "missing operand after '" + arg + "'", Usage: true}
}

// Extra is a command line with too many arguments.
func Extra(arg string) error { return &Fault{Text: "extra operand '" + arg + "'", Usage: true} }

// Flag is an option without a value.
func Flag(names string, on *bool) command.Option {
	return command.Option{Names: names, Set: func(string, string) error { *on = true; return nil }}
}

// Text is an option with a value.
func Text(names string, value *string) command.Option {
	return command.Option{Names: names, Value: true, Set: func(_, v string) error { *value = v; return nil }}
}

// Number is an option with a number; what names it in the fault.
func Number(names, what string, value *int) command.Option {
	return command.Option{Names: names, Value: true, Set: func(_, v string) error {
		n, err := strconv.ParseUint(v, 10, 31)
		if err != nil {
			return Bad("%s: '%s'", what, v)
		}
		*value = int(n)
		return nil
	}}
}

// A Input is a file that a command line names.
type Input struct {
	Name string // as the user wrote it; "-" is standard input
	io.Reader
}

// Open opens a file that a command line names; "-" is standard input.
func Open(c *command.Call, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(c.Stdin), nil
	}
	return c.OpenFile(name, os.O_RDONLY, 0)
}

// Each reads files one after another, without names standard input. It says which it cannot
// read, as "cat: NAME: No such file or directory", and goes on with the next; failed tells.
func Each(c *command.Call, names []string, use func(in Input) error) (failed bool) {
	return EachOr(c, names, "%s: %s", use)
}

// EachOr is Each with other words for a file that cannot be read: of its name and the reason.
func EachOr(c *command.Call, names []string, words string, use func(in Input) error) (failed bool) {
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		if err := each(c, name, use); err != nil {
			failed = true
			var broken *writeError
			var signal command.Signal
			if errors.As(err, &broken) || errors.As(err, &signal) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
				break // the program is ended
			}
			reason := command.Reason(err)
			if errors.Is(err, ErrMemory) {
				reason = err.Error()
			}
			c.Errorf("%s: "+words+"\n", c.Args[0], name, reason)
		}
	}
	return failed
}

func each(c *command.Call, name string, use func(in Input) error) error {
	f, err := Open(c, name)
	if err != nil {
		return err
	}
	defer f.Close()
	return use(Input{name, f})
}

// A writeError is one of standard output, which ends the program anyway.
type writeError struct{ error }

// Copy copies to standard output.
func Copy(c *command.Call, r io.Reader) error {
	var failed error
	_, err := io.Copy(writerFunc(func(b []byte) (int, error) {
		n, err := c.Stdout.Write(b)
		failed = err
		return n, err
	}), onlyReader{r})
	if failed != nil {
		return &writeError{failed}
	}
	return err
}

// onlyReader hides WriteTo, which would lose the error of the writer.
type onlyReader struct{ io.Reader }

type writerFunc func(b []byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// maxText bounds what a program reads before it prints: sort of what never ends.
const maxText = 64 << 20

// maxLine bounds a line.
const maxLine = 1 << 20

// ErrMemory is an input that is too long for a program that needs all of it.
var ErrMemory = errors.New("memory exhausted")

// ReadAll reads a text of up to 64 MiB.
func ReadAll(r io.Reader) (string, error) {
	var b strings.Builder
	n, err := io.Copy(&b, io.LimitReader(onlyReader{r}, maxText+1))
	if err == nil && n > maxText {
		err = ErrMemory
	}
	return b.String(), err
}

// Status is 1 for a program that failed.
func Status(failed bool) int {
	if failed {
		return 1
	}
	return 0
}
