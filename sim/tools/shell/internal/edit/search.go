package edit

import (
	"io"
	"strings"
	"unicode/utf8"
)

// search is ^R: what is typed is looked for in the history, and shown. Enter runs the line, ^R
// goes to one before, ^G and ^C give up, and any other key edits the line. x/term has no such
// mode. It calls this for a key that it does not know, and waits; so the row on which it has its
// prompt is changed here and then made as it was.
func (e *Editor) search(k *keys, prompt, line string, at int) (found string, pos int, ok bool) {
	var text string
	from, failed := len(e.lines)-1, false
	found, pos = line, at
	show := func() {
		head := "(reverse-i-search)`"
		if failed {
			head = "(failed reverse-i-search)`"
		}
		io.WriteString(e.Out, "\r\x1b[K"+head+text+"': "+found)
	}
	look := func() {
		failed = true
		for i := from; i >= 0; i-- {
			if j := strings.LastIndex(e.lines[i], text); j >= 0 {
				found, pos, from, failed = e.lines[i], j, i, false
				return
			}
		}
	}
	defer func() { io.WriteString(e.Out, "\r\x1b[K"+prompt+line[:at]) }() // where x/term has the cursor
	for show(); ; show() {
		var key [1]byte
		if _, err := k.Read(key[:]); err != nil {
			k.failed = err // x/term gets it when it reads on
			return line, at, true
		}
		switch c := key[0]; {
		case c == 'R'&31:
			if from--; from >= 0 && text != "" {
				look()
			} else {
				failed = text != ""
			}
		case c == 'G'&31:
			return line, at, true
		case c == 0x7f || c == 'H'&31:
			_, n := utf8.DecodeLastRuneInString(text)
			text, from = text[:len(text)-n], len(e.lines)-1
			look()
		case c >= ' ':
			text += string(key[:])
			if utf8.ValidString(text) {
				look()
			}
		default:
			k.ahead = append(k.ahead, c)
			return found, pos, true
		}
	}
}
