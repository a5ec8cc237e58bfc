package coreutils

import (
	"context"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// classes are the characters of [:NAME:].
var classes = map[string]func(c byte) bool{
	"alpha":  isAlpha,
	"digit":  isDigit,
	"alnum":  func(c byte) bool { return isAlpha(c) || isDigit(c) },
	"upper":  func(c byte) bool { return c >= 'A' && c <= 'Z' },
	"lower":  func(c byte) bool { return c >= 'a' && c <= 'z' },
	"space":  func(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' },
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < ' ' || c == 0x7f },
	"print":  func(c byte) bool { return c >= ' ' && c < 0x7f },
	"graph":  func(c byte) bool { return c > ' ' && c < 0x7f },
	"punct":  func(c byte) bool { return c > ' ' && c < 0x7f && !isAlpha(c) && !isDigit(c) },
	"xdigit": func(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' },
}

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// maxSet bounds what [x*1000] yields: more than 256 characters have no use.
const maxSet = 4096

// A set is the characters of SET1 or SET2 in order.
type set struct {
	chars  []byte
	repeat int // where a character of [x*] is repeated to the length of the other set, or -1
	upper  bool
	lower  bool
}

// parseSet reads a set: ranges, classes, repeats and escapes.
func parseSet(text string) (set, error) {
	s := set{repeat: -1}
	for text != "" && len(s.chars) < maxSet {
		if n, err := s.bracket(text); n > 0 || err != nil {
			if err != nil {
				return s, err
			}
			text = text[n:]
			continue
		}
		c, n := setChar(text)
		text = text[n:]
		if len(text) > 1 && text[0] == '-' {
			last, n := setChar(text[1:])
			if last < c {
				return s, gnu.Bad("range-endpoints of '%c-%c' are in reverse collating sequence order", c, last)
			}
			for x := int(c); x <= int(last); x++ {
				s.chars = append(s.chars, byte(x))
			}
			text = text[1+n:]
			continue
		}
		s.chars = append(s.chars, c)
	}
	return s, nil
}

// bracket reads [:class:], [=x=] and [x*n], and returns their length, 0 if text begins with
// none.
func (s *set) bracket(text string) (int, error) {
	if len(text) < 4 || text[0] != '[' {
		return 0, nil
	}
	if text[1] == ':' {
		end := strings.Index(text[2:], ":]")
		if end < 0 {
			return 0, nil
		}
		name := text[2 : 2+end]
		in, ok := classes[name]
		if !ok {
			return 0, gnu.Bad("invalid character class '%s'", name)
		}
		for c := range 256 {
			if in(byte(c)) {
				s.chars = append(s.chars, byte(c))
			}
		}
		s.upper, s.lower = s.upper || name == "upper", s.lower || name == "lower"
		return end + 4, nil
	}
	if text[1] == '=' && len(text) >= 5 && text[3:5] == "=]" {
		s.chars = append(s.chars, text[2])
		return 5, nil
	}
	c, n := setChar(text[1:])
	rest := text[1+n:]
	end := strings.IndexByte(rest, ']')
	if !strings.HasPrefix(rest, "*") || end < 0 {
		return 0, nil
	}
	times := rest[1:end]
	if times == "" || times == "0" {
		s.repeat = len(s.chars)
		s.chars = append(s.chars, c)
		return 1 + n + end + 1, nil
	}
	count, err := strconv.ParseUint(times, 0, 31)
	if err != nil {
		return 0, gnu.Bad("invalid repeat count '%s' in [c*n] construct", times)
	}
	for range min(count, maxSet) {
		s.chars = append(s.chars, c)
	}
	return 1 + n + end + 1, nil
}

// setChar reads a character, which may be escaped.
func setChar(text string) (c byte, n int) {
	if text[0] != '\\' || len(text) == 1 {
		return text[0], 1
	}
	// Up to three digits, as long as the value is a byte: \400 is \40 and 0.
	n = 1
	value := 0
	for n < len(text) && n < 4 && text[n] >= '0' && text[n] <= '7' && value*8+int(text[n]-'0') < 256 {
		value = value*8 + int(text[n]-'0')
		n++
	}
	if n > 1 {
		return byte(value), n
	}
	if i := strings.IndexByte("abfnrtv", text[1]); i >= 0 {
		return "\a\b\f\n\r\t\v"[i], 2
	}
	return text[1], 2
}

// complement returns all characters that are not in the set.
func (s *set) complement() {
	var in [256]bool
	for _, c := range s.chars {
		in[c] = true
	}
	s.chars = nil
	for c := range 256 {
		if !in[c] {
			s.chars = append(s.chars, byte(c))
		}
	}
}

// TR is tr(1).
func TR(_ context.Context, c *command.Call) int {
	var remove, squeeze, complement, truncate bool
	args, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("d delete", &remove), gnu.Flag("s squeeze-repeats", &squeeze), gnu.Flag("c C complement", &complement),
		gnu.Flag("t truncate-set1", &truncate),
	})
	if err == nil {
		err = trArgs(args, remove, squeeze)
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	first, err := parseSet(args[0])
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	if complement {
		first.complement()
	}
	var second set
	if len(args) > 1 {
		if second, err = parseSet(args[1]); err != nil {
			return gnu.Refuse(c, 1, err)
		}
		if !remove && len(second.chars) == 0 && !truncate {
			return c.Fail(1, "tr: when not truncating set1, string2 must be non-empty\n")
		}
	}
	t := translation{squeezing: squeeze, before: -1}
	t.prepare(first, second, remove, len(args) > 1, truncate)
	return t.run(c)
}

// trArgs checks how many sets there are.
func trArgs(args []string, remove, squeeze bool) error {
	switch {
	case len(args) == 0:
		return gnu.Missing()
	case len(args) == 1 && (!remove && !squeeze):
		return &gnu.Fault{Text: "missing operand after '" + args[0] + "'\nTwo strings must be given when translating.", Usage: true}
	case len(args) == 1 && remove && squeeze:
		return &gnu.Fault{Text: "missing operand after '" + args[0] + "'\nTwo strings must be given when both deleting and squeezing repeats.", Usage: true}
	case len(args) == 2 && remove && !squeeze:
		return &gnu.Fault{Text: "extra operand '" + args[1] + "'\nOnly one string may be given when deleting without squeezing repeats.", Usage: true}
	case len(args) > 2:
		return gnu.Extra(args[2])
	}
	return nil
}

// A translation is what tr does to each byte.
type translation struct {
	to        [256]int // -1: the byte is deleted
	squeeze   [256]bool
	squeezing bool
	before    int // the last byte written, -1 before the first
}

func (t *translation) prepare(first, second set, remove, two, truncate bool) {
	for c := range t.to {
		t.to[c] = c
	}
	squeezed := first.chars
	if two {
		squeezed = second.chars
	}
	for _, c := range squeezed {
		t.squeeze[c] = t.squeezing
	}
	if remove {
		for _, c := range first.chars {
			t.to[c] = -1
		}
		return
	}
	if !two {
		return
	}
	to := second.chars
	if second.repeat >= 0 && len(to) < len(first.chars) {
		// [x*] fills up so that what follows it meets the end of the first set.
		filled := append([]byte(nil), to[:second.repeat]...)
		for len(filled) < len(first.chars)-(len(to)-second.repeat)+1 {
			filled = append(filled, to[second.repeat])
		}
		to = append(filled, to[second.repeat+1:]...)
	}
	for i, c := range first.chars {
		switch {
		case i < len(to):
			t.to[c] = int(to[i])
		// GNU extends the second set by its last character.
		case !truncate:
			t.to[c] = int(to[len(to)-1])
		}
	}
}

func (t *translation) run(c *command.Call) int {
	buf := make([]byte, 32<<10)
	for {
		n, err := c.Stdin.Read(buf)
		// Never more is written than was read, so it fits where it stands.
		out := buf[:0]
		for _, b := range buf[:n] {
			x := t.to[b]
			if x < 0 || x == t.before && t.squeeze[x] {
				continue
			}
			t.before = x
			out = append(out, byte(x))
		}
		if _, werr := c.Stdout.Write(out); werr != nil {
			return 1
		}
		if err != nil {
			return 0
		}
	}
}
