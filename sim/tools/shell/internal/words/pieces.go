package words

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A quoting is where parts of a word stand.
type quoting int

const (
	unquoted quoting = iota
	value            // in ${x:-here} without quotes: what stands there is split
	double           // in double quotes
	document         // in a here-document
)

// quotes tells whether what expansions yield is quoted.
func (q quoting) quotes() bool { return q >= double }

// A piece is a part of a word, expanded.
type piece struct {
	text   string
	quoted bool // no pattern
	splits bool // may be split into fields
	ends   bool // the field before it ends: "$@"
}

// parts appends the pieces of parts.
func (e *Expander) parts(to []piece, parts []syntax.WordPart, q quoting) ([]piece, error) {
	for i, part := range parts {
		if lit, ok := part.(*syntax.Lit); ok {
			text := lit.Value
			if i == 0 && q == unquoted {
				var home string
				if home, text = e.tilde(text, len(parts) > 1); home != "" {
					to = append(to, piece{text: home, quoted: true})
				}
			}
			to = e.literal(to, text, q)
			continue
		}
		before := len(to)
		var err error
		if to, err = e.part(to, part, q); err != nil {
			return nil, err
		}
		for _, p := range to[before:] {
			if err := e.take(len(p.text)); err != nil {
				return nil, err
			}
		}
	}
	return to, nil
}

// part appends the pieces of a part that is no literal.
func (e *Expander) part(to []piece, part syntax.WordPart, q quoting) ([]piece, error) {
	switch p := part.(type) {
	case *syntax.SglQuoted:
		return e.single(to, p, q)
	case *syntax.DblQuoted:
		before := len(to)
		to, err := e.parts(to, p.Parts, double)
		if err == nil && len(to) == before && !onlyList(p.Parts) {
			to = append(to, piece{quoted: true}) // an empty argument
		}
		return to, err
	case *syntax.ParamExp:
		return e.param(to, p, q)
	case *syntax.CmdSubst:
		if p.TempFile || p.ReplyVar {
			return nil, e.fault("bad substitution", "Bad substitution")
		}
		text, err := e.Substitute(p)
		text = strings.TrimRight(strings.ReplaceAll(text, "\x00", ""), "\n")
		return append(to, piece{text: text, quoted: q.quotes(), splits: !q.quotes()}), err
	case *syntax.ArithmExp:
		n, err := e.Arithmetic(p.X)
		return append(to, piece{text: formatInt(n), quoted: q.quotes(), splits: !q.quotes()}), err
	case *syntax.ExtGlob:
		return append(to, piece{text: p.Op.String() + p.Pattern.Value + ")"}), nil
	}
	return nil, e.fault("process substitution: not supported", "Syntax error: redirection unexpected")
}

// single appends the text of single quotes, which do not quote within double ones.
func (e *Expander) single(to []piece, p *syntax.SglQuoted, q quoting) ([]piece, error) {
	switch {
	case q.quotes() && !p.Dollar:
		word, err := syntax.NewParser().Document(strings.NewReader("'" + p.Value + "'"))
		if err != nil || word == nil {
			return append(to, piece{text: "'" + p.Value + "'", quoted: true}), nil
		}
		return e.parts(to, word.Parts, double)
	case p.Dollar:
		return append(to, piece{text: Unescape(p.Value), quoted: true}), nil
	}
	return append(to, piece{text: p.Value, quoted: true}), nil
}

// onlyList tells whether parts are "$@", which without parameters is no argument.
func onlyList(parts []syntax.WordPart) bool {
	for _, part := range parts {
		p, ok := part.(*syntax.ParamExp)
		if !ok || p.Param == nil || p.Param.Value != "@" && indexText(p.Index) != "@" {
			return false
		}
	}
	return len(parts) > 0
}

// literal appends text of the script. The parser leaves backslashes in, as it does not know
// what the text is for.
func (e *Expander) literal(to []piece, text string, q quoting) []piece {
	plain := piece{quoted: q.quotes(), splits: q == value}
	for {
		i := strings.IndexByte(text, '\\')
		if i < 0 || i == len(text)-1 {
			plain.text = text
			return append(to, plain)
		}
		if i > 0 {
			plain.text = text[:i]
			to = append(to, plain)
		}
		switch next := text[i+1]; {
		case next == '\n': // continues the line
		case q == double && strings.IndexByte("$`\"\\", next) < 0, q == document && strings.IndexByte("$`\\", next) < 0:
			to = append(to, piece{text: text[i : i+2], quoted: true})
		default:
			to = append(to, piece{text: text[i+1 : i+2], quoted: true})
		}
		if text = text[i+2:]; text == "" {
			return to
		}
	}
}

// tilde returns the home directory that a word begins with, and the rest of it.
func (e *Expander) tilde(text string, more bool) (home, rest string) {
	if !strings.HasPrefix(text, "~") {
		return "", text
	}
	user, rest := text[1:], ""
	if i := strings.IndexAny(user, "/:"); i >= 0 {
		user, rest = user[:i], user[i:]
	} else if more {
		return "", text
	}
	if user == "" {
		if home, ok := e.Vars.Get("HOME"); ok {
			return home, rest
		}
		user = "root"
	}
	if home, ok := e.Home(user); ok {
		return home, rest
	}
	return "", text
}

// fault returns a fault in the words of the shell.
func (e *Expander) fault(bash, dash string) error {
	if e.Bash {
		return &Fault{Text: bash}
	}
	return &Fault{Text: dash}
}
