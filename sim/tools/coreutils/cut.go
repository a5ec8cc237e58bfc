package coreutils

import (
	"context"
	"math"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// A span is a range of a list as cut has it, from 1.
type span struct{ from, to int }

// parseList parses "1,3-5,7-".
func parseList(text, what string) ([]span, error) {
	var list []span
	for item := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		begin, end, isRange := strings.Cut(item, "-")
		s := span{1, math.MaxInt}
		var err error
		if begin != "" {
			s.from, err = strconv.Atoi(begin)
		}
		if err == nil && !isRange {
			s.to = s.from
		} else if err == nil && end != "" {
			s.to, err = strconv.Atoi(end)
		}
		switch {
		case err != nil && what == "field":
			return nil, &gnu.Fault{Text: "invalid field value '" + item + "'", Usage: true}
		case err != nil:
			return nil, &gnu.Fault{Text: "invalid byte or character position '" + item + "'", Usage: true}
		case item == "-":
			return nil, &gnu.Fault{Text: "invalid range with no endpoint: -", Usage: true}
		case s.from == 0:
			return nil, &gnu.Fault{Text: map[bool]string{true: "fields are numbered from 1", false: "byte/character positions are numbered from 1"}[what == "field"], Usage: true}
		case s.to < s.from:
			return nil, &gnu.Fault{Text: "invalid decreasing range", Usage: true}
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		return nil, &gnu.Fault{Text: "you must specify a list of bytes, characters, or fields", Usage: true}
	}
	return list, nil
}

func selected(list []span, n int) bool {
	for _, s := range list {
		if n >= s.from && n <= s.to {
			return true
		}
	}
	return false
}

// A cutter is the options of cut.
type cutter struct {
	bytes, fields       string
	delimiter           string
	output              string
	onlyDelimited       bool
	complement          bool
	list                []span
	delimiterGiven, out bool
}

// Cut is cut(1).
func Cut(_ context.Context, c *command.Call) int {
	k := cutter{delimiter: "\t"}
	names, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Text("b bytes", &k.bytes), gnu.Text("c characters", &k.bytes), gnu.Text("f fields", &k.fields),
		{Names: "d delimiter", Value: true, Set: func(_, v string) error {
			if len(v) > 1 {
				return &gnu.Fault{Text: "the delimiter must be a single character", Usage: true}
			}
			k.delimiter, k.delimiterGiven = v, true
			return nil
		}},
		{Names: "output-delimiter", Value: true, Set: func(_, v string) error { k.output, k.out = v, true; return nil }},
		gnu.Flag("s only-delimited", &k.onlyDelimited), gnu.Flag("complement", &k.complement),
	})
	switch {
	case err != nil:
	case k.bytes != "" && k.fields != "":
		err = &gnu.Fault{Text: "only one list may be specified", Usage: true}
	case k.bytes != "" && k.delimiterGiven:
		err = &gnu.Fault{Text: "an input delimiter may be specified only when operating on fields", Usage: true}
	case k.fields != "":
		k.list, err = parseList(k.fields, "field")
	default:
		k.list, err = parseList(k.bytes, "byte")
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	if !k.out {
		k.output = k.delimiter
	}
	return gnu.Status(gnu.Each(c, names, func(in gnu.Input) error {
		return gnu.Lines(in, func(line string, _ bool) bool {
			if text, ok := k.cut(line); ok {
				c.Printf("%s\n", text)
			}
			return true
		})
	}))
}

func (k *cutter) cut(line string) (string, bool) {
	if k.fields != "" {
		if k.delimiter == "" || !strings.Contains(line, k.delimiter) {
			return line, !k.onlyDelimited
		}
		var kept []string
		for i, f := range strings.Split(line, k.delimiter) {
			if selected(k.list, i+1) != k.complement {
				kept = append(kept, f)
			}
		}
		return strings.Join(kept, k.output), true
	}
	var b strings.Builder
	before := 0
	for i := range len(line) {
		if selected(k.list, i+1) == k.complement {
			continue
		}
		if k.out && before > 0 && before != i {
			b.WriteString(k.output)
		}
		b.WriteByte(line[i])
		before = i + 1
	}
	return b.String(), true
}
