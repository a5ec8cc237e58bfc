package coreutils

import (
	"context"
	"fmt"
	"io"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// A uniquer is the options of uniq, and the lines that it has seen last.
type uniquer struct {
	counts, repeated, unique, fold bool
	fields, chars                  int

	w     io.Writer
	first string
	n     int // how many lines are like first
}

// Uniq is uniq(1).
func Uniq(_ context.Context, c *command.Call) int {
	u := uniquer{w: c.Stdout}
	args, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("c count", &u.counts), gnu.Flag("d repeated", &u.repeated), gnu.Flag("u unique", &u.unique), gnu.Flag("i ignore-case", &u.fold),
		gnu.Number("f skip-fields", "invalid number of fields to skip", &u.fields), gnu.Number("s skip-chars", "invalid number of bytes to skip", &u.chars),
	})
	if err == nil && len(args) > 2 {
		err = gnu.Extra(args[2])
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	if len(args) == 2 && args[1] != "-" {
		f, err := c.OpenFile(args[1], writeFlags, 0o666)
		if err != nil {
			return c.Fail(1, "uniq: %s: %s\n", args[1], command.Reason(err))
		}
		defer f.Close()
		u.w, args = f, args[:1]
	}
	failed := gnu.Each(c, args[:min(1, len(args))], func(in gnu.Input) error { return gnu.Lines(in, u.line) })
	u.show()
	return gnu.Status(failed)
}

// line takes a line.
func (u *uniquer) line(line string, _ bool) bool {
	if u.n > 0 && u.key(line) == u.key(u.first) {
		u.n++
		return true
	}
	u.show()
	u.first, u.n = line, 1
	return true
}

// key is the part of a line that is compared.
func (u *uniquer) key(line string) string {
	for range u.fields {
		line = strings.TrimLeft(line, " \t")
		line = line[len(line)-len(strings.TrimLeftFunc(line, func(r rune) bool { return r != ' ' && r != '\t' })):]
	}
	line = line[min(u.chars, len(line)):]
	if u.fold {
		line = strings.ToUpper(line)
	}
	return line
}

// show shows the lines that were the same.
func (u *uniquer) show() {
	switch {
	case u.n == 0, u.repeated && u.n < 2, u.unique && u.n > 1:
	case u.counts:
		fmt.Fprintf(u.w, "%7d %s\n", u.n, u.first)
	default:
		fmt.Fprintf(u.w, "%s\n", u.first)
	}
}
