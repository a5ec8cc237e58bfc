package coreutils

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// Uniq is uniq(1).
func Uniq(_ context.Context, c *command.Call) int {
	var counts, repeated, unique, fold bool
	var fields, chars int
	args, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("c count", &counts), gnu.Flag("d repeated", &repeated), gnu.Flag("u unique", &unique), gnu.Flag("i ignore-case", &fold),
		gnu.Number("f skip-fields", "invalid number of fields to skip", &fields), gnu.Number("s skip-chars", "invalid number of bytes to skip", &chars),
	})
	if err == nil && len(args) > 2 {
		err = gnu.Extra(args[2])
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	var w io.Writer = c.Stdout
	if len(args) == 2 && args[1] != "-" {
		f, err := c.OpenFile(args[1], writeFlags, 0o666)
		if err != nil {
			return c.Fail(1, "uniq: %s: %s\n", args[1], command.Reason(err))
		}
		defer f.Close()
		w, args = f, args[:1]
	}
	key := func(line string) string {
		for range fields {
			line = strings.TrimLeft(line, " \t")
			line = line[len(line)-len(strings.TrimLeftFunc(line, func(r rune) bool { return r != ' ' && r != '\t' })):]
		}
		line = line[min(chars, len(line)):]
		if fold {
			line = strings.ToUpper(line)
		}
		return line
	}
	first, n := "", 0
	show := func() {
		switch {
		case n == 0, repeated && n < 2, unique && n > 1:
		case counts:
			fmt.Fprintf(w, "%7d %s\n", n, first)
		default:
			fmt.Fprintf(w, "%s\n", first)
		}
	}
	failed := gnu.Each(c, args[:min(1, len(args))], func(in gnu.Input) error {
		return gnu.Lines(in, func(line string, _ bool) bool {
			if n > 0 && key(line) == key(first) {
				n++
				return true
			}
			show()
			first, n = line, 1
			return true
		})
	})
	show()
	return gnu.Status(failed)
}

// A tally is what wc counts.
type tally struct{ lines, words, chars, bytes, longest int64 }

func (t *tally) add(u tally) {
	t.lines, t.words, t.chars, t.bytes = t.lines+u.lines, t.words+u.words, t.chars+u.chars, t.bytes+u.bytes
	t.longest = max(t.longest, u.longest)
}

func countText(r io.Reader) (t tally, err error) {
	buf := make([]byte, 32<<10)
	inWord := false
	var column int64
	for {
		n, err := r.Read(buf)
		for _, c := range buf[:n] {
			t.bytes++
			t.chars++ // in the locale C
			switch c {
			case '\n':
				t.lines++
				t.longest, column = max(t.longest, column), 0
			case '\t':
				column = column&^7 + 8
			default:
				column++
			}
			space := c == ' ' || c >= '\t' && c <= '\r'
			if !space && !inWord {
				t.words++
			}
			inWord = !space
		}
		if err != nil {
			t.longest = max(t.longest, column)
			if err == io.EOF {
				err = nil
			}
			return t, err
		}
	}
}

// WC is wc(1).
func WC(_ context.Context, c *command.Call) int {
	var lines, words, chars, bytes, longest bool
	names, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("l lines", &lines), gnu.Flag("w words", &words), gnu.Flag("m chars", &chars), gnu.Flag("c bytes", &bytes),
		gnu.Flag("L max-line-length", &longest),
	})
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	if !lines && !words && !chars && !bytes && !longest {
		lines, words, bytes = true, true, true
	}
	one := 0
	for _, on := range []bool{lines, words, chars, bytes, longest} {
		if on {
			one++
		}
	}
	width := 1
	if one > 1 || len(names) > 1 {
		width = countWidth(c, names)
	}
	show := func(t tally, name string) {
		var columns []string
		for _, f := range []struct {
			on bool
			n  int64
		}{{lines, t.lines}, {words, t.words}, {chars, t.chars}, {bytes, t.bytes}, {longest, t.longest}} {
			if f.on {
				columns = append(columns, fmt.Sprintf("%*d", width, f.n))
			}
		}
		if name != "" {
			columns = append(columns, name)
		}
		c.Printf("%s\n", strings.Join(columns, " "))
	}
	var total tally
	failed := gnu.Each(c, names, func(in gnu.Input) error {
		t, err := countText(in)
		total.add(t)
		if name := in.Name; len(names) == 0 {
			show(t, "")
		} else {
			show(t, name)
		}
		return err
	})
	if len(names) > 1 {
		show(total, "total")
	}
	return gnu.Status(failed)
}

// countWidth returns how wide wc makes its columns: as the size of all files, and seven where
// sizes are not known beforehand.
func countWidth(c *command.Call, names []string) int {
	if len(names) == 0 {
		names = []string{"-"}
	}
	var size int64
	width := 1
	for _, name := range names {
		var info fs.FileInfo
		var err error = fs.ErrInvalid
		if name == "-" {
			if f, ok := c.Stdin.(interface{ Stat() (fs.FileInfo, error) }); ok {
				info, err = f.Stat()
			}
			if err != nil {
				width = 7
			}
		} else {
			info, err = stat(c, name)
		}
		if err == nil && info.Mode().IsRegular() {
			size += info.Size()
		} else if err == nil {
			width = 7
		}
	}
	return max(width, len(fmt.Sprint(size)))
}
