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

// A counter is the columns that wc shows, in its order.
type counter struct {
	lines, words, chars, bytes, longest bool
	width                               int
}

// shown returns the columns of a tally.
func (k *counter) shown(t tally) (columns []int64) {
	for _, f := range []struct {
		on bool
		n  int64
	}{{k.lines, t.lines}, {k.words, t.words}, {k.chars, t.chars}, {k.bytes, t.bytes}, {k.longest, t.longest}} {
		if f.on {
			columns = append(columns, f.n)
		}
	}
	return columns
}

func (k *counter) print(c *command.Call, t tally, name string) {
	var columns []string
	for _, n := range k.shown(t) {
		columns = append(columns, fmt.Sprintf("%*d", k.width, n))
	}
	if name != "" {
		columns = append(columns, name)
	}
	c.Printf("%s\n", strings.Join(columns, " "))
}

// WC is wc(1).
func WC(_ context.Context, c *command.Call) int {
	k := counter{width: 1}
	names, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("l lines", &k.lines), gnu.Flag("w words", &k.words), gnu.Flag("m chars", &k.chars), gnu.Flag("c bytes", &k.bytes),
		gnu.Flag("L max-line-length", &k.longest),
	})
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	if len(k.shown(tally{})) == 0 {
		k.lines, k.words, k.bytes = true, true, true
	}
	if len(k.shown(tally{})) > 1 || len(names) > 1 {
		k.width = countWidth(c, names)
	}
	var total tally
	failed := gnu.Each(c, names, func(in gnu.Input) error {
		t, err := countText(in)
		total.add(t)
		if len(names) == 0 {
			in.Name = ""
		}
		k.print(c, t, in.Name)
		return err
	})
	if len(names) > 1 {
		k.print(c, total, "total")
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
