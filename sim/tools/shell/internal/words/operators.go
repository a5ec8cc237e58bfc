package words

import (
	"regexp"
	"strings"
	"unicode"

	"drydock/sim/tools/shell/internal/glob"

	"mvdan.cc/sh/v3/pattern"
	"mvdan.cc/sh/v3/syntax"
)

// operate applies ${NAME#PATTERN}, ${NAME^^} and their like to each value.
func (e *Expander) operate(v *parameter, exp *syntax.Expansion) error {
	pat, err := e.Pattern(exp.Word)
	if err != nil {
		return err
	}
	var change func(string) string
	switch exp.Op {
	case syntax.RemSmallPrefix, syntax.RemLargePrefix, syntax.RemSmallSuffix, syntax.RemLargeSuffix:
		change = remover(exp.Op, pat)
	case syntax.UpperFirst, syntax.UpperAll, syntax.LowerFirst, syntax.LowerAll:
		change = caser(exp.Op, pat)
	default:
		change = transformer(pat)
	}
	if change == nil {
		return e.fault("bad substitution", "Bad substitution")
	}
	values := make([]string, len(v.values))
	for i, text := range v.values {
		values[i] = change(text)
		if err := e.take(len(values[i])); err != nil {
			return err
		}
	}
	v.values = values
	return nil
}

// same is for patterns that are none.
func same(text string) string { return text }

// remover removes the shortest or longest beginning or end that is like a pattern. Go's
// regular expressions prefer the leftmost match, so an end is found behind as much as
// possible, or as little.
func remover(op syntax.ParExpOperator, pat string) func(string) string {
	mode := pattern.ExtendedOperators
	if op == syntax.RemSmallPrefix {
		mode |= pattern.Shortest
	}
	expr, err := pattern.Regexp(pat, mode)
	if err != nil {
		return same
	}
	switch op {
	case syntax.RemSmallPrefix, syntax.RemLargePrefix:
		expr = `(?s)\A(` + expr + `)`
	case syntax.RemSmallSuffix:
		expr = `(?s)\A.*(` + expr + `)\z`
	default:
		expr = `(?s)\A.*?(` + expr + `)\z`
	}
	rx, err := regexp.Compile(expr)
	if err != nil {
		return same
	}
	return func(text string) string {
		if m := rx.FindStringSubmatchIndex(text); m != nil {
			return text[:m[2]] + text[m[3]:]
		}
		return text
	}
}

// caser changes the case of characters that are like a pattern, of which none is any.
func caser(op syntax.ParExpOperator, pat string) func(string) string {
	if pat == "" {
		pat = "?"
	}
	match, err := glob.Match(pat)
	if err != nil {
		return same
	}
	change, all := unicode.ToUpper, op == syntax.UpperAll || op == syntax.LowerAll
	if op == syntax.LowerFirst || op == syntax.LowerAll {
		change = unicode.ToLower
	}
	return func(text string) string {
		runes := []rune(text)
		for i, r := range runes {
			if match(string(r)) {
				runes[i] = change(r)
			}
			if !all {
				break
			}
		}
		return string(runes)
	}
}

// transformer is ${NAME@OPERATOR}, nil for those that are not there.
func transformer(op string) func(string) string {
	switch op {
	case "Q":
		return func(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
	case "U":
		return strings.ToUpper
	case "L":
		return strings.ToLower
	case "u":
		return caser(syntax.UpperFirst, "")
	case "E":
		return Unescape
	}
	return nil
}

// replace is ${NAME/PATTERN/WORD}. What it yields is accounted for before it is made, as a
// text of 100 KB with each byte replaced by such a text is 10 GB.
func (e *Expander) replace(v *parameter, r *syntax.Replace) error {
	pat, err := e.Pattern(r.Orig)
	if err != nil {
		return err
	}
	with, err := e.text(r.With, unquoted)
	if err != nil || pat == "" {
		return err
	}
	rx, err := replaced(pat)
	if err != nil {
		return nil
	}
	n := 1
	if r.All {
		n = -1
	}
	values := make([]string, len(v.values))
	for i, text := range v.values {
		found := rx.FindAllStringIndex(text, n)
		if err := e.take(len(text) + len(found)*len(with)); err != nil {
			return err
		}
		var b strings.Builder
		last := 0
		for _, at := range found {
			if at[0] == at[1] && len(text) > 0 {
				continue // no match is empty unless the text is
			}
			b.WriteString(text[last:at[0]])
			b.WriteString(with)
			last = at[1]
		}
		b.WriteString(text[last:])
		values[i] = b.String()
	}
	v.values = values
	return nil
}

// replaced compiles a pattern that # ties to the beginning and % to the end.
func replaced(pat string) (*regexp.Regexp, error) {
	before, after := "", ""
	switch {
	case strings.HasPrefix(pat, "#"):
		before, pat = `\A`, pat[1:]
	case strings.HasPrefix(pat, "%"):
		after, pat = `\z`, pat[1:]
	}
	expr, err := pattern.Regexp(pat, pattern.ExtendedOperators)
	if err != nil {
		return nil, err
	}
	return regexp.Compile("(?s)" + before + "(?:" + expr + ")" + after)
}

// slice is ${NAME:OFFSET:LENGTH}, of characters or of the values of a list.
func (e *Expander) slice(v *parameter, s *syntax.Slice) error {
	units := v.values
	if !v.list {
		units = strings.Split(v.text(), "")
	} else if v.name == "@" || v.name == "*" {
		zero, _ := e.Special("0")
		units = append([]string{zero}, units...)
	}
	from, err := e.offset(s.Offset, 0)
	if err != nil {
		return err
	}
	if from < 0 {
		from += int64(len(units))
	}
	if from < 0 || from > int64(len(units)) {
		from = int64(len(units))
	}
	length, err := e.offset(s.Length, int64(len(units)))
	if err != nil {
		return err
	}
	to := from + min(length, int64(len(units))-from)
	if length < 0 {
		to = int64(len(units)) + length
	}
	if to < from {
		return &Fault{Text: formatInt(length) + ": substring expression < 0"}
	}
	v.values = units[from:to]
	if !v.list {
		v.values = []string{strings.Join(v.values, "")}
	}
	return nil
}

func (e *Expander) offset(x syntax.ArithmExpr, missing int64) (int64, error) {
	if x == nil {
		return missing, nil
	}
	return e.Arithmetic(x)
}
