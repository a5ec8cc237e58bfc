package words

import (
	"strings"

	"mvdan.cc/sh/v3/pattern"
)

// A field is one argument.
type field struct {
	text    string
	pattern string // with what was quoted escaped
	meta    bool   // it is a pattern
}

// A splitter makes fields of pieces by $IFS. One word may become no field, one, or many.
type splitter struct {
	ifs    string
	fields []field
	text   strings.Builder
	pat    strings.Builder
	meta   bool
	open   bool // there is a field, if only an empty one in quotes
	blank  bool // the last field ended at a blank: a separator after that is the same one
}

// add adds a piece.
func (s *splitter) add(p piece) {
	if p.ends {
		s.close()
		s.blank = false
	}
	if !p.splits {
		s.put(p.text, p.quoted)
		s.open = s.open || p.quoted || p.text != ""
		return
	}
	for p.text != "" {
		i := strings.IndexAny(p.text, s.ifs)
		if s.ifs == "" || i < 0 {
			s.put(p.text, false)
			s.open = true
			return
		}
		if i > 0 {
			s.put(p.text[:i], false)
			s.open = true
		}
		s.separate(p.text[i])
		p.text = p.text[i+1:]
	}
}

// separate is one character of $IFS. Blanks count as one separator, with one other character
// among them; each other character is one.
func (s *splitter) separate(c byte) {
	isBlank := c == ' ' || c == '\t' || c == '\n'
	switch {
	case s.open:
		s.close()
		s.blank = isBlank
	case isBlank:
	case s.blank:
		s.blank = false
	default:
		s.open = true
		s.close()
	}
}

// put adds text to the field.
func (s *splitter) put(text string, quoted bool) {
	s.text.WriteString(text)
	if quoted {
		s.pat.WriteString(pattern.QuoteMeta(text, 0))
		return
	}
	s.pat.WriteString(text)
	s.meta = s.meta || strings.ContainsAny(text, "*?[") || strings.ContainsAny(text, "@+!") && strings.Contains(text, "(")
}

// close ends the field, if there is one.
func (s *splitter) close() {
	if s.open {
		s.fields = append(s.fields, field{s.text.String(), s.pat.String(), s.meta})
	}
	s.text, s.pat = strings.Builder{}, strings.Builder{}
	s.meta, s.open = false, false
}

func (s *splitter) end() []field {
	s.close()
	return s.fields
}
