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
	"strings"
	"testing"
	"testing/synctest"

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
	run := func() {
		p := &player{out: out, virtual: !inReal}
		err = runScript(p.params(file))
		fmt.Fprintln(out)
	}
	if inReal {
		run()
		return err
	}
	return errors.Join(inBubble(run), err)
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
		switch r := recover(); r {
		case nil:
		case errStopped:
			err = errors.New(strings.TrimSpace(t.log.String()))
		default:
			panic(r)
		}
	}()
	testscript.RunT(t, p)
	return nil
}

// A script is the testscript.T of a script that is no test.
type script struct{ log strings.Builder }

var errStopped = errors.New("stopped")

func (s *script) Run(_ string, f func(testscript.T)) { f(s) }
func (s *script) Parallel()                          {}
func (s *script) Verbose() bool                      { return false }
func (s *script) Log(args ...any)                    { fmt.Fprintln(&s.log, args...) }
func (s *script) Skip(args ...any)                   { s.Fatal(args...) }
func (s *script) FailNow()                           { panic(errStopped) }

func (s *script) Fatal(args ...any) {
	s.Log(args...)
	s.FailNow()
}
