// Package faults reads what the parser says of a text that is no script, so that shells can say
// it in their words.
package faults

import (
	"errors"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A Fault is what is wrong with a text, as far as shells tell it.
type Fault struct {
	Line     uint   // 0: of no line
	Message  string // the parser's words
	Token    string // that is not expected
	Expected string // what is missing at the end
	Quote    string // one that is not closed
	End      bool   // the text ends too early
}

var (
	unexpected = regexp.MustCompile("^`([^`]+)` can only|encountered `([^`]+)`")
	expected   = regexp.MustCompile("(?:by|with) `([a-z)}]+)`")
)

// Read reads an error of the parser.
func Read(err error) Fault {
	f := Fault{Message: err.Error()}
	var parse syntax.ParseError
	var lang syntax.LangError
	switch {
	case errors.As(err, &parse):
		f.Line, f.Message = parse.Pos.Line(), parse.Text
	case errors.As(err, &lang):
		f.Line, f.Message = lang.Pos.Line(), lang.Feature+" is not supported"
	}
	if strings.Contains(f.Message, "without closing quote") {
		f.Quote = "'"
		if strings.HasSuffix(strings.TrimRight(f.Message, "`'"), `"`) {
			f.Quote = `"`
		}
	}
	f.End = syntax.IsIncomplete(err) && f.Quote == ""
	if m := unexpected.FindStringSubmatch(f.Message); m != nil && !f.End {
		f.Token = m[1] + m[2]
	}
	f.Expected = missing(f.Message)
	return f
}

// missing returns the word that dash expects at the end of the text.
func missing(message string) string {
	if m := expected.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	for word, next := range map[string]string{"if": "then", "while": "do", "until": "do", "do": "done", "then": "fi", "else": "fi"} {
		if strings.HasPrefix(message, "`"+word+"`") {
			return next
		}
	}
	return ""
}
