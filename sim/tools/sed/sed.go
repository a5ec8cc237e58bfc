package sed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// options are those of the command line.
type options struct {
	quiet, extended, separate, zero, inPlace bool
	suffix                                   string
	scripts                                  []string
}

const usage = "Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n"

// Sed is sed(1).
func Sed(ctx context.Context, c *command.Call) int {
	var o options
	args := o.takeInPlace(c.Args[1:])
	names, err := command.Getopt(args, []command.Option{
		gnu.Flag("n quiet silent", &o.quiet), gnu.Flag("E r regexp-extended", &o.extended), gnu.Flag("s separate", &o.separate),
		gnu.Flag("z null-data", &o.zero),
		{Names: "e expression", Value: true, Set: func(_, v string) error { o.scripts = append(o.scripts, v); return nil }},
		{Names: "f file", Value: true, Set: func(_, name string) error {
			text, err := c.ReadFile(name)
			if err != nil {
				return fmt.Errorf("couldn't open file %s: %s", name, command.Reason(err))
			}
			o.scripts = append(o.scripts, strings.TrimSuffix(string(text), "\n"))
			return nil
		}},
	})
	var bad *command.OptionError
	switch {
	case errors.As(err, &bad):
		return c.Fail(1, "sed: %v\n"+usage, err)
	case err != nil:
		return c.Fail(1, "sed: %v\n", err)
	case len(o.scripts) == 0 && len(names) == 0:
		return c.Fail(1, usage)
	case len(o.scripts) == 0:
		o.scripts, names = names[:1], names[1:]
	}
	p := parser{text: strings.Join(o.scripts, "\n"), extended: o.extended, labels: make(map[string]int), where: "-e expression #1"}
	if len(p.text) > maxScript {
		return c.Fail(1, "sed: script too long\n")
	}
	if strings.HasPrefix(p.text, "#n\n") {
		o.quiet = true
	}
	if err := p.parse(); err != nil {
		status := 1
		if errors.Is(err, errLabel) {
			status = 4
		}
		return c.Fail(status, "sed: %v\n", err)
	}
	e := editor{options: o, c: c, ctx: ctx, script: p.list, files: make(map[string]io.Writer), out: &output{w: c.Stdout}}
	return e.run(names)
}

// takeInPlace takes -i and -iSUFFIX, whose value is only ever joined, out of the arguments.
func (o *options) takeInPlace(args []string) []string {
	var rest []string
	for i, arg := range args {
		suffix, long := strings.CutPrefix(arg, "--in-place")
		letters := strings.IndexByte(arg, 'i')
		switch {
		case arg == "--":
			return append(rest, args[i:]...)
		case long && (suffix == "" || suffix[0] == '='):
			o.inPlace, o.suffix = true, strings.TrimPrefix(suffix, "=")
		case len(arg) > 1 && arg[0] == '-' && arg[1] != '-' && letters > 0 && strings.Trim(arg[1:letters], "nErsz") == "":
			o.inPlace, o.suffix = true, arg[letters+1:]
			if letters > 1 {
				rest = append(rest, arg[:letters])
			}
		case (arg == "-e" || arg == "-f") && i+1 < len(args):
			return append(append(rest, args[i:i+2]...), o.takeInPlace(args[i+2:])...)
		default:
			rest = append(rest, arg)
		}
	}
	return rest
}

// run edits files, or standard input.
func (e *editor) run(names []string) int {
	if len(names) == 0 {
		names = []string{"-"}
	}
	e.names = names
	for !e.quitting && len(e.names) > 0 && e.ctx.Err() == nil {
		switch {
		case e.inPlace:
			e.editFile()
		case e.separate:
			before := e.names
			e.names, e.line = e.names[:1], 0
			e.edit()
			e.names = before[1:]
		default:
			e.edit()
		}
	}
	for _, close := range e.closers {
		close()
	}
	if e.status == 0 && e.failed {
		return 2
	}
	return e.status
}

// editFile edits one file in its place.
func (e *editor) editFile() {
	name := e.names[0]
	text, err := e.c.ReadFile(name)
	if errors.Is(err, command.ErrIsDir) {
		e.fail("couldn't edit %s: not a regular file", name)
		e.names, e.status = e.names[1:], 4
		return
	}
	if err != nil {
		e.fail("can't read %s: %s", name, command.Reason(err))
		e.names = e.names[1:]
		return
	}
	var b strings.Builder
	e.out = &output{w: &b}
	before := e.names
	e.names = e.names[:1]
	e.line = 0
	e.edit()
	e.names = before[1:]
	e.out = &output{w: e.c.Stdout}
	if e.suffix != "" {
		if err := e.write(name+e.suffix, string(text)); err != nil {
			return
		}
	}
	e.write(name, b.String())
}

func (e *editor) write(name, text string) error {
	f, err := e.c.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err == nil {
		_, err = io.WriteString(f, text)
		f.Close()
	}
	if err != nil {
		e.fail("couldn't open file %s: %s", name, command.Reason(err))
	}
	return err
}

func (e *editor) fail(format string, args ...any) {
	e.c.Errorf("sed: "+format+"\n", args...)
	e.failed = true
}
