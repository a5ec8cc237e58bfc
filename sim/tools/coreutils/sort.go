package coreutils

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// An ordering is how a key is compared.
type ordering struct{ numeric, reverse, fold, blanks, human bool }

func (o *ordering) letter(c byte) bool {
	switch c {
	case 'n':
		o.numeric = true
	case 'r':
		o.reverse = true
	case 'f':
		o.fold = true
	case 'b':
		o.blanks = true
	case 'h':
		o.human = true
	default:
		return false
	}
	return true
}

// A sortKey is -k: from a character of a field to one of another. Counts begin with 1; a
// character of 0 is the end of the field.
type sortKey struct {
	ordering
	field, char       int
	endField, endChar int
	own               bool // it has letters, so the global ones are not for it
}

type sorting struct {
	ordering
	keys           []sortKey
	separator      string
	unique, stable bool
	check          bool
	output         string
}

func (s *sorting) options() []command.Option {
	letters := func(names string, letter byte) command.Option {
		return command.Option{Names: names, Set: func(string, string) error { s.letter(letter); return nil }}
	}
	return []command.Option{
		letters("n numeric-sort", 'n'), letters("r reverse", 'r'), letters("f ignore-case", 'f'),
		letters("b ignore-leading-blanks", 'b'), letters("h human-numeric-sort", 'h'),
		gnu.Flag("u unique", &s.unique), gnu.Flag("s stable", &s.stable), gnu.Flag("c check", &s.check), gnu.Text("o output", &s.output),
		{Names: "k key", Value: true, Set: func(_, v string) error { return s.key(v) }},
		{Names: "t field-separator", Value: true, Set: func(_, v string) error {
			if v == `\0` {
				v = "\x00"
			}
			switch len(v) {
			case 0:
				return gnu.Bad("empty tab")
			case 1:
				s.separator = v
				return nil
			}
			return gnu.Bad("multi-character tab '%s'", v)
		}},
	}
}

// key parses FIELD[.CHAR][LETTERS][,FIELD[.CHAR][LETTERS]].
func (s *sorting) key(text string) error {
	begin, end, hasEnd := strings.Cut(text, ",")
	k := sortKey{char: 1}
	var err error
	if k.field, k.char, err = k.position(begin, 1, text); err != nil {
		return err
	}
	if k.char == 0 {
		return gnu.Bad("character offset is zero: invalid field specification '%s'", text)
	}
	if hasEnd {
		if k.endField, k.endChar, err = k.position(end, 0, text); err != nil {
			return err
		}
	}
	s.keys = append(s.keys, k)
	return nil
}

func (k *sortKey) position(text string, char int, whole string) (field, at int, err error) {
	i := 0
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	field, err = strconv.Atoi(text[:i])
	if err != nil {
		return 0, 0, gnu.Bad("invalid number at field start: invalid count at start of '%s'", text)
	}
	if field == 0 {
		return 0, 0, gnu.Bad("field number is zero: invalid field specification '%s'", whole)
	}
	if i < len(text) && text[i] == '.' {
		j := i + 1
		for i = j; i < len(text) && text[i] >= '0' && text[i] <= '9'; {
			i++
		}
		if char, err = strconv.Atoi(text[j:i]); err != nil {
			return 0, 0, gnu.Bad("invalid number after '.': invalid count at start of '%s'", text[j:])
		}
	}
	for ; i < len(text); i++ {
		if !k.letter(text[i]) {
			return 0, 0, gnu.Bad("stray character in field spec: invalid field specification '%s'", whole)
		}
		k.own = true
	}
	return field, char, nil
}

// Sort is sort(1). A last line without a newline gets one, as it may go to the middle.
func Sort(_ context.Context, c *command.Call) int {
	var s sorting
	files, err := command.Getopt(c.Args[1:], s.options())
	if err != nil {
		return gnu.Refuse(c, 2, err)
	}
	var lines []string
	if len(files) == 0 {
		files = []string{"-"}
	}
	for _, name := range files {
		f, err := gnu.Open(c, name)
		if err != nil {
			return c.Fail(2, "sort: cannot read: %s: %s\n", name, command.Reason(err)) // sort writes nothing then
		}
		text, err := gnu.ReadAll(f)
		f.Close()
		if err != nil {
			return c.Fail(2, "sort: read failed: %s: %s\n", name, command.Reason(err))
		}
		lines = append(lines, gnu.Split(text)...)
	}
	if s.check {
		return s.checkOrder(c, files[0], lines)
	}
	slices.SortStableFunc(lines, s.compare)
	// Of lines with equal keys the first stays, for which the sort is stable.
	if s.unique {
		lines = slices.CompactFunc(lines, func(a, b string) bool { return s.compareKeys(a, b) == 0 })
	}
	w := c.Stdout
	if s.output != "" {
		f, err := c.OpenFile(s.output, writeFlags, 0o666)
		if err != nil {
			return c.Fail(2, "sort: open failed: %s: %s\n", s.output, command.Reason(err))
		}
		defer f.Close()
		w = f
	}
	for _, line := range lines {
		if _, err := w.Write([]byte(line + "\n")); err != nil {
			return 2
		}
	}
	return 0
}

func (s *sorting) checkOrder(c *command.Call, name string, lines []string) int {
	for i := 1; i < len(lines); i++ {
		if n := s.compare(lines[i-1], lines[i]); n > 0 || n == 0 && s.unique {
			return c.Fail(1, "sort: %s:%d: disorder: %s\n", name, i+1, lines[i])
		}
	}
	return 0
}

// compare compares lines by the keys, and what is equal as a whole.
func (s *sorting) compare(a, b string) int {
	n := s.compareKeys(a, b)
	if n == 0 && !s.unique && !s.stable {
		// The last resort of GNU sort, which -s and -u switch off.
		if n = strings.Compare(a, b); s.reverse {
			n = -n
		}
	}
	return n
}

func (s *sorting) compareKeys(a, b string) int {
	if len(s.keys) == 0 {
		return s.ordering.compare(a, b)
	}
	for _, k := range s.keys {
		// A key has either its own letters or the global ones, never both.
		o := s.ordering
		if k.own {
			o = k.ordering
		}
		if n := o.compare(s.part(a, k, o.blanks), s.part(b, k, o.blanks)); n != 0 {
			return n
		}
	}
	return 0
}

// part returns the text of a key.
func (s *sorting) part(line string, k sortKey, blanks bool) string {
	begin, end := 0, len(line)
	begin = s.skipFields(line, k.field-1)
	if blanks {
		begin = skipBlanks(line, begin)
	}
	begin = min(begin+k.char-1, len(line))
	switch {
	case k.endField == 0:
	case k.endChar == 0:
		end = s.skipFields(line, k.endField)
		if s.separator != "" && end > 0 && end <= len(line) && end != len(line) || s.separator != "" && strings.HasSuffix(line, s.separator) && end == len(line) {
			end-- // the separator
		}
	default:
		end = s.skipFields(line, k.endField-1)
		if blanks {
			end = skipBlanks(line, end)
		}
		end = min(end+k.endChar, len(line))
	}
	if end < begin {
		return ""
	}
	return line[begin:end]
}

// skipFields returns where field n begins, counted from 0. Without a separator a field has the
// blanks before it.
func (s *sorting) skipFields(line string, n int) int {
	at := 0
	for ; n > 0 && at < len(line); n-- {
		if s.separator != "" {
			i := strings.Index(line[at:], s.separator)
			if i < 0 {
				return len(line)
			}
			at += i + 1
			continue
		}
		at = skipBlanks(line, at)
		for at < len(line) && line[at] != ' ' && line[at] != '\t' {
			at++
		}
	}
	return at
}

func skipBlanks(line string, at int) int {
	for at < len(line) && (line[at] == ' ' || line[at] == '\t') {
		at++
	}
	return at
}

func (o ordering) compare(a, b string) int {
	var n int
	switch {
	case o.human:
		n = compareHuman(a, b)
	case o.numeric:
		n = compareNumbers(a, b)
	default:
		if o.blanks {
			a, b = a[skipBlanks(a, 0):], b[skipBlanks(b, 0):]
		}
		if o.fold {
			a, b = strings.ToUpper(a), strings.ToUpper(b)
		}
		n = strings.Compare(a, b)
	}
	if o.reverse {
		return -n
	}
	return n
}
