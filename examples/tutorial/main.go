// Tutorial plays what Docker's tutorials type, on an emulated host, as a terminal would
// show it.
//
//	go run ./examples/tutorial              plays all of them
//	go run ./examples/tutorial -list        lists them
//	go run ./examples/tutorial -run NAME    plays one
//	go run ./examples/tutorial -real        in real time; by default time is virtual
//
// A tutorial that does not go as its document says ends the program with status 1.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"testing"
	"testing/synctest"

	"drydock/sim"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/term"
)

func main() {
	list := flag.Bool("list", false, "list the tutorials")
	one := flag.String("run", "", "play the tutorial with that `name`")
	inReal := flag.Bool("real", false, "play in real time")
	flag.Parse()
	if *list {
		for _, name := range names() {
			fmt.Printf("%-20s %s\n", name, title(name))
		}
		return
	}
	wanted := names()
	if *one != "" {
		wanted = []string{*one}
	}
	color := term.IsTerminal(int(os.Stdout.Fd()))
	for _, name := range wanted {
		if err := playOne(os.Stdout, name, color, *inReal); err != nil {
			fmt.Fprintf(os.Stderr, "\n%s: %v\n", name, err)
			os.Exit(1)
		}
	}
}

// playOne plays a tutorial, with a heading.
func playOne(out io.Writer, name string, color, inReal bool) (err error) {
	dir, err := os.MkdirTemp("", "tutorial")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file, err := extract(dir, name)
	if err != nil {
		return err
	}
	bold, plain := "", ""
	if color {
		bold, plain = "\x1b[1m", "\x1b[0m"
	}
	fmt.Fprintf(out, "%s### %s%s\n", bold, title(name), plain)
	run := func(opts ...sim.MachineOption) {
		p := &player{out: out, opts: opts}
		err = runScript(p.params(file))
		fmt.Fprintln(out)
	}
	if inReal {
		run()
		return err
	}
	return errors.Join(inBubble(func() { run(sim.WithVirtualTime()) }), err)
}

// inBubble runs fn in virtual time, which package testing has for tests alone.
func inBubble(fn func()) error {
	testing.Init()
	test := testing.InternalTest{Name: "tutorial", F: func(t *testing.T) {
		synctest.Test(t, func(*testing.T) { fn() })
	}}
	if !testing.RunTests(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{test}) {
		return errors.New("failed")
	}
	return nil
}

// runScript runs a script without a test.
func runScript(p testscript.Params) (err error) {
	t := &script{}
	defer func() {
		if r := recover(); r != nil && r != errStopped {
			panic(r)
		}
		err = t.err
	}()
	testscript.RunT(t, p)
	return t.err
}

// A script is the testscript.T of a script that is no test.
type script struct{ err error }

var errStopped = errors.New("stopped")

func (s *script) Run(_ string, f func(testscript.T)) { f(s) }
func (s *script) Parallel()                          {}
func (s *script) Verbose() bool                      { return false }
func (s *script) Log(args ...any)                    { s.note(args) }
func (s *script) Skip(args ...any)                   { s.Fatal(args...) }
func (s *script) note(args []any) {
	if s.err == nil {
		s.err = errors.New(fmt.Sprint(args...))
	}
}

func (s *script) FailNow() {
	s.note([]any{"failed"})
	panic(errStopped)
}

func (s *script) Fatal(args ...any) {
	s.note(args)
	panic(errStopped)
}
