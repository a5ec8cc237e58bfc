package edit

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// maxList bounds how many words are listed. bash asks from 100 on.
const maxList = 200

// complete completes the word at the cursor as far as is certain. What is certain is the whole
// word if there is only one; then a blank follows, but not after a directory. A second tab
// lists the words.
func (e *Editor) complete(t *term.Terminal, prompt, line string, at int) (string, int, bool) {
	start, words := e.Complete(line[:at])
	if start < 0 || start > at {
		return "", 0, false
	}
	slices.Sort(words)
	words = slices.Compact(words)
	typed := line[start:at]
	words = slices.DeleteFunc(words, func(w string) bool { return !strings.HasPrefix(w, typed) })
	if len(words) == 0 {
		fmt.Fprint(e.Out, "\a")
		return "", 0, false
	}
	common := words[0]
	for _, w := range words[1:] {
		for !strings.HasPrefix(w, common) {
			_, n := utf8.DecodeLastRuneInString(common)
			common = common[:len(common)-n]
		}
	}
	if len(words) == 1 && !strings.HasSuffix(common, "/") {
		common += " "
	}
	switch {
	case common != typed:
		e.tabs = 0
		return line[:start] + common + line[at:], start + len(common), true
	case e.tabs < 2:
		fmt.Fprint(e.Out, "\a")
	default:
		t.Write([]byte(prompt + line + "\n" + columns(words, typed) + "\n"))
	}
	return "", 0, false
}

// columns lists words without the directory that all of them have.
func columns(words []string, typed string) string {
	dir := strings.LastIndexByte(typed, '/') + 1
	shown := make([]string, 0, len(words))
	for _, w := range words {
		name := w[dir:]
		if i := strings.LastIndexByte(strings.TrimSuffix(name, "/"), '/'); i >= 0 {
			name = name[i+1:]
		}
		shown = append(shown, name)
	}
	if len(shown) > maxList {
		shown = append(shown[:maxList], "...")
	}
	return strings.Join(shown, "  ")
}
