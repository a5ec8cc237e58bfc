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
	out := os.Stdout
	color := term.IsTerminal(int(out.Fd()))
	play := func() (ok bool) {
		for _, name := range wanted {
			if err := playOne(out, name, color, !*inReal); err != nil {
				fmt.Fprintf(os.Stderr, "\n%s: %v\n", name, err)
				return false
			}
		}
		return true
	}
	if !*inReal {
		inBubble(play)
	}
	if !play() {
		os.Exit(1)
	}
}

// playOne plays a tutorial, with a heading.
func playOne(out io.Writer, name string, color, virtual bool) error {
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
	defer fmt.Fprintln(out)
	p := &player{out: out, virtual: virtual}
	return runScript(p.params(file))
}

// inBubble runs fn in virtual time, which package testing has for tests alone, and ends the
// program. What package testing prints of its test is not shown.
func inBubble(fn func() (ok bool)) {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stdout = null
	}
	test := testing.InternalTest{Name: "tutorial", F: func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			if !fn() {
				t.Fail()
			}
		})
	}}
	all := func(_, _ string) (bool, error) { return true, nil }
	testing.Main(all, []testing.InternalTest{test}, nil, nil)
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
