package coreutils

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

const (
	writeFlags  = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	appendFlags = os.O_WRONLY | os.O_CREATE | os.O_APPEND
)

// A part is what head and tail show of files.
type part struct {
	lines          string
	bytes          string
	quiet, verbose bool
	follow         bool
}

// options returns those of head, and with tail those of that.
func (p *part) options(tail bool) []command.Option {
	list := []command.Option{
		gnu.Text("n lines", &p.lines), gnu.Text("c bytes", &p.bytes), gnu.Flag("q quiet silent", &p.quiet), gnu.Flag("v verbose", &p.verbose),
	}
	if tail {
		list = append(list, gnu.Flag("f follow", &p.follow), gnu.Flag("F", &p.follow))
	}
	return list
}

// count parses a number with a sign and, as GNU's programs, a unit.
func count(what, text string) (sign byte, n int64, err error) {
	digits := text
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		sign, digits = digits[0], digits[1:]
	}
	unit := int64(1)
	if i := len(digits) - 1; i > 0 {
		if u, ok := map[byte]int64{'b': 512, 'K': 1 << 10, 'k': 1 << 10, 'M': 1 << 20, 'G': 1 << 30}[digits[i]]; ok {
			unit, digits = u, digits[:i]
		}
	}
	n, err = strconv.ParseInt(digits, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) && !strings.Contains(digits, "-"), n > 1<<62/unit:
		return sign, 1 << 62, nil
	case err != nil || n < 0:
		return 0, 0, gnu.Bad("invalid number of %s: '%s'", what, text)
	}
	return sign, n * unit, nil
}

// parse parses the arguments. POSIX had head -5 until 1992, and many write it.
func (p *part) parse(c *command.Call, tail bool) (files []string, status int) {
	args := c.Args[1:]
	if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && strings.Trim(args[0][1:], "0123456789") == "" {
		args = append([]string{"-n", args[0][1:]}, args[1:]...)
	}
	files, err := command.Getopt(args, p.options(tail))
	if err != nil {
		return nil, gnu.Refuse(c, 1, err)
	}
	return files, 0
}

// amount returns how much is to be shown, and of what.
func (p *part) amount() (bytes bool, sign byte, n int64, err error) {
	switch {
	case p.bytes != "":
		sign, n, err = count("bytes", p.bytes)
		return true, sign, n, err
	case p.lines != "":
		sign, n, err = count("lines", p.lines)
		return false, sign, n, err
	}
	return false, 0, 10, nil
}

// cannotOpen is what head and tail say.
const cannotOpen = "cannot open '%s' for reading: %s"

// header shows the name of a file, if there are several.
func (p *part) header(c *command.Call, name string, many, first bool) {
	if p.quiet || !many && !p.verbose {
		return
	}
	if name == "-" {
		name = "standard input"
	}
	if !first {
		c.Printf("\n")
	}
	c.Printf("==> %s <==\n", name)
}

// Head is head(1). It reads no further than it prints, but for what a buffer takes.
func Head(_ context.Context, c *command.Call) int {
	var p part
	files, status := p.parse(c, false)
	if status != 0 {
		return status
	}
	bytes, sign, n, err := p.amount()
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	first := true
	return gnu.Status(gnu.EachOr(c, files, cannotOpen, func(in gnu.Input) error {
		p.header(c, in.Name, len(files) > 1, first)
		first = false
		switch {
		case sign == '-':
			return headBut(c, in, bytes, n)
		case bytes:
			return gnu.Copy(c, io.LimitReader(in, n))
		}
		return headLines(c, in, n)
	}))
}

func headLines(c *command.Call, in io.Reader, n int64) error {
	for r := bufio.NewReader(in); n > 0; {
		part, err := r.ReadSlice('\n') // a line may have no end
		if _, werr := c.Stdout.Write(part); werr != nil || err == io.EOF {
			return nil
		}
		switch {
		case err == nil:
			n--
		case err != bufio.ErrBufferFull:
			return err
		}
	}
	return nil
}

// headBut shows all but the last n lines or bytes.
func headBut(c *command.Call, in io.Reader, bytes bool, n int64) error {
	text, err := gnu.ReadAll(in)
	if err != nil {
		return err
	}
	c.Printf("%s", text[:len(text)-len(lastOf(text, bytes, n))])
	return nil
}

// lastOf returns the last n lines or bytes of a text.
func lastOf(text string, bytes bool, n int64) string {
	if bytes {
		return text[len(text)-int(min(n, int64(len(text)))):]
	}
	at := len(text)
	if strings.HasSuffix(text, "\n") {
		at--
	}
	for ; n > 0; n-- {
		if at = strings.LastIndexByte(text[:at], '\n'); at < 0 {
			return text
		}
	}
	if at >= len(text)-1 {
		return ""
	}
	return text[at+1:]
}

// after returns a text from line or byte n on, counted from 1.
func after(text string, bytes bool, n int64) string {
	n = max(0, n-1)
	if bytes {
		return text[min(n, int64(len(text))):]
	}
	for ; n > 0; n-- {
		i := strings.IndexByte(text, '\n')
		if i < 0 {
			return ""
		}
		text = text[i+1:]
	}
	return text
}

// Tail is tail(1).
func Tail(ctx context.Context, c *command.Call) int {
	var p part
	files, status := p.parse(c, true)
	if status != 0 {
		return status
	}
	bytes, sign, n, err := p.amount()
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	first := true
	failed := gnu.EachOr(c, files, cannotOpen, func(in gnu.Input) error {
		p.header(c, in.Name, len(files) > 1, first)
		first = false
		text, err := gnu.ReadAll(in)
		if sign == '+' {
			c.Printf("%s", after(text, bytes, n))
		} else {
			c.Printf("%s", lastOf(text, bytes, n))
		}
		if err == nil && p.follow && len(files) == 1 && in.Name != "-" {
			return follow(ctx, c, in.Name, len(text))
		}
		return err
	})
	return gnu.Status(failed)
}

// follow shows what is added to a file, until ctx is done. It looks once in a second, as
// tail does where the kernel does not tell.
func follow(ctx context.Context, c *command.Call, name string, seen int) error {
	for {
		timer := time.NewTimer(time.Second)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		text, err := c.ReadFile(name)
		if err != nil {
			return err
		}
		if len(text) < seen {
			c.Errorf("tail: %s: file truncated\n", name)
			seen = 0
		}
		if len(text) > seen {
			c.Printf("%s", text[seen:])
			seen = len(text)
		}
	}
}
