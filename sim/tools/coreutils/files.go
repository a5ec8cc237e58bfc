package coreutils

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
)

// refuse prints what is wrong with the command line as GNU's programs do. Quotes are
// those of the locale C, which containers have.
func refuse(c *command.Call, status int, err error) int {
	return c.Fail(status, "%s: %v\nTry '%[1]s --help' for more information.\n", c.Args[0], err)
}

// open returns what is in files, or standard input if there are none, and says which
// ones it has not found. Those it has found are read all the same, one after the other,
// as GNU's programs do; only the status tells.
func open(c *command.Call, names []string) (text io.Reader, failed bool) {
	if len(names) == 0 {
		return c.Stdin, false
	}
	var readers []io.Reader
	for _, name := range names {
		r, err := openFile(c, name)
		if err != nil {
			c.Errorf("%s: %s: No such file or directory\n", c.Args[0], name)
			failed = true
			continue
		}
		readers = append(readers, r)
	}
	return io.MultiReader(readers...), failed
}

// openFile asks the machine. Files are few and small: those that Docker mounts.
func openFile(c *command.Call, name string) (io.Reader, error) {
	if name == "-" {
		return c.Stdin, nil
	}
	m, ok := c.Machine.(interface {
		ReadFile(name string) ([]byte, error)
	})
	if !ok {
		return nil, fs.ErrNotExist
	}
	text, err := m.ReadFile(name)
	return bytes.NewReader(text), err
}

// status is 1 for a command that failed.
func status(failed bool) int {
	if failed {
		return 1
	}
	return 0
}

// Cat is cat(1). What comes from a pipe goes on as it comes.
func Cat(_ context.Context, c *command.Call) int {
	files, err := command.Getopt(c.Args[1:], nil)
	if err != nil {
		return refuse(c, 1, err)
	}
	text, failed := open(c, files)
	_, err = io.Copy(c.Stdout, text)
	return status(failed || err != nil)
}

// Sort is sort(1). A last line without a newline gets one, as it may go to the middle.
// What is equal is the same, so it does not matter that the sort is not stable.
func Sort(_ context.Context, c *command.Call) int {
	var reverse, unique bool
	files, err := command.Getopt(c.Args[1:], []command.Option{
		{Names: "r reverse", Set: func(string, string) error { reverse = true; return nil }},
		{Names: "u unique", Set: func(string, string) error { unique = true; return nil }},
	})
	if err != nil {
		return refuse(c, 2, err)
	}
	text, failed := open(c, files)
	if failed {
		return 2 // sort writes nothing then
	}
	lines := readLines(text)
	slices.Sort(lines)
	if unique {
		lines = slices.Compact(lines)
	}
	if reverse {
		slices.Reverse(lines)
	}
	for _, line := range lines {
		c.Printf("%s\n", line)
	}
	return 0
}

// readLines returns all lines without their ends; the last one need not have one. An
// empty text has no lines, and an empty line is one.
func readLines(r io.Reader) []string {
	text, _ := io.ReadAll(r) // a pipe that breaks ends like one that is closed
	if len(text) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// Head is head(1). It reads no further than it prints.
func Head(_ context.Context, c *command.Call) int {
	return part(c, func(text io.Reader, n int) {
		for r := bufio.NewReader(text); n > 0; n-- {
			line, err := r.ReadString('\n')
			c.Printf("%s", line)
			if err != nil {
				return
			}
		}
	})
}

// Tail is tail(1). It keeps all that it reads, which is bounded by what commands here
// write. -f is not there: files do not grow.
func Tail(_ context.Context, c *command.Call) int {
	return part(c, func(text io.Reader, n int) {
		lines := readLines(text)
		for _, line := range lines[max(0, len(lines)-n):] {
			c.Printf("%s\n", line)
		}
	})
}

// part calls show with the files and the number of lines that the arguments say.
// Several files are one text: there are no headers "==> FILE <==", which -q and -v are
// for.
func part(c *command.Call, show func(text io.Reader, n int)) int {
	n := 10
	args := c.Args[1:]
	if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && strings.Trim(args[0][1:], "0123456789") == "" {
		args = append([]string{"-n", args[0][1:]}, args[1:]...) // POSIX had this form until 1992, and many write it
	}
	files, err := command.Getopt(args, []command.Option{{Names: "n lines", Value: true, Set: func(_, value string) error {
		u, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return errors.New("invalid number of lines: '" + value + "'")
		}
		n = int(u)
		return nil
	}}})
	var bad *command.OptionError
	switch {
	case errors.As(err, &bad):
		return refuse(c, 1, err)
	case err != nil:
		return c.Fail(1, "%s: %v\n", c.Args[0], err)
	}
	text, failed := open(c, files)
	show(text, n)
	return status(failed)
}
