// Package session plays sessions at a prompt, as documents print them, on an emulated
// host: it types what stands after a prompt and compares what the terminal shows.
//
// A session is lines:
//
//	[root@docker ~]# docker ps      a prompt and what is typed there
//	^C                              is typed, once the lines before have come
//	^P^Q                            is typed: the keys that detach from a container
//	......                          any lines up to the next one that is there
//	anything else                   what is shown
//
// In what is shown and in prompts {{id}} is 12 hex digits, {{id64}} 64, {{n}} a number with
// or without fraction, {{mac}} a MAC address, {{...}} anything in the line; everything else is what it is, but for
// spaces at the end of lines.
package session

import (
	"fmt"
	"regexp"
	"strings"
)

// prompt is what a document has before what is typed: CentOS's, Debian's, busybox's, and
// that of a bash without configuration.
var prompt = regexp.MustCompile(`^(\[root@\S+ \S+\]# ?|root@\S+:\S+# ?|/ # ?|bash-\S+# ?)(.*)$`)

var patterns = strings.NewReplacer(
	regexp.QuoteMeta("{{id}}"), `[0-9a-f]{12}`,
	regexp.QuoteMeta("{{id64}}"), `[0-9a-f]{64}`,
	regexp.QuoteMeta("{{mac}}"), `(?:[0-9a-f]{2}:){5}[0-9a-f]{2}`,
	regexp.QuoteMeta("{{n}}"), `[0-9]+(?:\.[0-9]+)?`,
	regexp.QuoteMeta("{{...}}"), `.*`,
	regexp.QuoteMeta("{{again}}"), `(?:.*[#$] )?`, // a line editor shows the prompt again
)

// compile returns what matches a text of a session at the beginning of what is shown.
func compile(text, end string) *regexp.Regexp {
	return regexp.MustCompile(`\A` + patterns.Replace(regexp.QuoteMeta(text)) + end)
}

// A Mismatch is a line of a session that the terminal does not show.
type Mismatch struct {
	Line int // from 1 on
	Text string
	Err  error
}

func (m *Mismatch) Error() string { return fmt.Sprintf("line %d: %s\n%v", m.Line, m.Text, m.Err) }

// Unwrap returns the reason.
func (m *Mismatch) Unwrap() error { return m.Err }

// Play plays a session in a terminal, which stays as it is at the end. The error is a
// *Mismatch.
func (t *Terminal) Play(text string) error {
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if err := t.play(strings.TrimRight(line, " \t\r")); err != nil {
			return &Mismatch{i + 1, line, err}
		}
	}
	return nil
}

func (t *Terminal) play(line string) error {
	if m := prompt.FindStringSubmatch(line); m != nil {
		return t.command(strings.TrimRight(m[1], " "), m[2])
	}
	switch line {
	case "^C":
		t.Type("\x03")
		t.interrupted = true
		return t.Expect(compile(line, ``))
	case "......":
		t.skip = true
		return nil
	case "^P^Q":
		t.Type("\x10\x11")
		return nil
	}
	return t.Expect(compile(line, `[ \t]*\n`))
}

// command waits for a prompt and types a line there. A TAB in it is one that completes.
func (t *Terminal) command(prompt, line string) error {
	if err := t.Expect(compile(prompt, ` `)); err != nil {
		return err
	}
	t.Type(line + "\r")
	return t.Expect(compile("{{again}}"+line, ` *\n`))
}
