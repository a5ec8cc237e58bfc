package edit

import (
	"strconv"
	"strings"
)

// Expand does what bash does to a line before it parses it: !! is the line before, !N that with
// the number, !-N the Nth before, !TEXT the last that begins so and !?TEXT? that has it in it; :N,
// :^, :$ and :* choose words of it, and !$ !^ !* do that with the line before; ^OLD^NEW is that
// with one thing changed. Single quotes and backslashes keep a ! from it, as do a blank, = and the
// end after it. It reports whether anything was expanded; missing is what was not found.
func (e *Editor) Expand(line string) (expanded string, changed bool, missing string) {
	if strings.HasPrefix(line, "^") {
		return e.substitute(line)
	}
	if !strings.Contains(line, "!") {
		return line, false, ""
	}
	var out strings.Builder
	single, double := false, false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\' && !single && i+1 < len(line):
			out.WriteByte(c)
			i++
			c = line[i]
		case c == '\'' && !double:
			single = !single
		case c == '"' && !single:
			double = !double
		case c == '!' && !single && designates(line, i, double):
			text, n, ok := e.event(line[i:], double)
			if !ok {
				return line, false, line[i : i+n]
			}
			if out.Len()+len(text) > maxExpanded {
				return line, false, line[i:]
			}
			out.WriteString(text)
			i += n - 1
			changed = true
			continue
		}
		out.WriteByte(c)
	}
	return out.String(), changed, ""
}

// maxExpanded is the longest line that a terminal takes, many times.
const maxExpanded = 64 << 10

// designates tells whether the ! at i begins something to expand.
func designates(line string, i int, double bool) bool {
	if i+1 == len(line) || strings.IndexByte(" \t=(", line[i+1]) >= 0 || double && line[i+1] == '"' {
		return false
	}
	return i == 0 || line[i-1] != '$' && (line[i-1] != '{' || i < 2 || line[i-2] != '$') // $! and ${!
}

// event returns the text for what begins with the ! of text, and how long that is.
func (e *Editor) event(text string, double bool) (expanded string, n int, ok bool) {
	line, n, ok := e.line(text, double)
	if !ok {
		return "", n, false
	}
	rest := text[n:]
	switch {
	case strings.HasPrefix(rest, ":") && len(rest) > 1:
		rest = rest[1:]
		n++
	case rest == "" || strings.IndexByte("$^*", rest[0]) < 0:
		return line, n, true
	}
	words := fields(line)
	switch c := rest[0]; {
	case c == '$':
		return words[len(words)-1], n + 1, true
	case c == '^':
		return word(words, 1, n+1)
	case c == '*':
		return strings.Join(words[min(1, len(words)):], " "), n + 1, true
	}
	digits := leading(rest)
	i, err := strconv.Atoi(rest[:digits])
	if err != nil {
		return "", n + 1, false
	}
	return word(words, i, n+digits)
}

func word(words []string, i, n int) (string, int, bool) {
	if i >= len(words) {
		return "", n, false
	}
	return words[i], n, true
}

// line returns the line of the history that is meant, and how long its designator is.
func (e *Editor) line(text string, double bool) (line string, n int, ok bool) {
	last := len(e.lines) - 1
	at := func(i, n int) (string, int, bool) {
		if i < 0 || i > last {
			return "", n, false
		}
		return e.lines[i], n, true
	}
	switch c := text[1]; {
	case c == '!':
		return at(last, 2)
	case strings.IndexByte("$^*:", c) >= 0:
		return at(last, 1)
	case c == '-' && leading(text[2:]) > 0:
		digits := leading(text[2:])
		back, _ := strconv.Atoi(text[2 : 2+digits])
		return at(len(e.lines)-back, 2+digits)
	case leading(text[1:]) > 0:
		digits := leading(text[1:])
		number, _ := strconv.Atoi(text[1 : 1+digits])
		return at(number-e.dropped-1, 1+digits)
	case c == '?':
		part, _, closed := strings.Cut(text[2:], "?")
		n = 2 + len(part)
		if closed {
			n++
		}
		return e.latest(n, func(l string) bool { return strings.Contains(l, part) })
	}
	stop := " \t:;&|()<>"
	if double {
		stop += `"`
	}
	n = len(text)
	if i := strings.IndexAny(text[1:], stop); i >= 0 {
		n = 1 + i
	}
	return e.latest(n, func(l string) bool { return strings.HasPrefix(l, text[1:n]) })
}

// latest returns the last line for which is is true.
func (e *Editor) latest(n int, is func(string) bool) (string, int, bool) {
	for i := len(e.lines) - 1; i >= 0; i-- {
		if is(e.lines[i]) {
			return e.lines[i], n, true
		}
	}
	return "", n, false
}

// substitute is ^OLD^NEW^.
func (e *Editor) substitute(line string) (expanded string, changed bool, missing string) {
	parts := strings.SplitN(line[1:], "^", 3)
	last := len(e.lines) - 1
	if len(parts) < 2 || last < 0 || parts[0] == "" || !strings.Contains(e.lines[last], parts[0]) {
		return line, false, ":s" + line
	}
	expanded = strings.Replace(e.lines[last], parts[0], parts[1], 1)
	if len(parts) == 3 {
		expanded += parts[2]
	}
	return expanded, true, ""
}

// leading counts the digits with which a text begins.
func leading(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}

// fields splits a line at blanks that are not quoted. There is at least one word.
func fields(line string) []string {
	var words []string
	quote := byte(0)
	start := -1
	for i := 0; i < len(line); i++ {
		c := line[i]
		blank := quote == 0 && (c == ' ' || c == '\t')
		switch {
		case blank && start >= 0:
			words, start = append(words, line[start:i]), -1
		case !blank && start < 0:
			start = i
		}
		switch {
		case c == '\\' && quote != '\'':
			i++
		case quote == c:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		}
	}
	if start >= 0 || len(words) == 0 {
		words = append(words, line[max(0, start):])
	}
	return words
}
