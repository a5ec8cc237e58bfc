// Package session plays sessions at a prompt, as documents print them, on an emulated
// host: it types what stands after a prompt and compares what the terminal shows.
//
// A session is lines:
//
//	[root@docker ~]# docker ps      a prompt and what is typed there; without that it is waited for
//	/ # cat /etc/re<TAB><TAB>       keys alone; the next line goes on where they have come to
//	^C                              is typed, once the lines before have come
//	^P^Q                            is typed: the keys that detach from a container
//	......                          any lines up to the next one that is there
//	anything else                   what is shown
//
// A prompt may stand after another one, as it does behind that of a container one has
// detached from. In what is shown and in prompts these are patterns, and all else is what it
// is, but for spaces at the end of lines:
//
//	{{id}} {{id64}}   12 hex digits, 64
//	{{n}}             a number with or without fraction
//	{{mac}}           a MAC address
//	{{...}}           anything in the line
//	{{id64=web}}      one of these, for which {{web}} then stands, shown or typed
package session

import (
	"fmt"
	"regexp"
	"strings"
)

// prompt is what a document has before what is typed: CentOS's, Debian's, busybox's, and
// that of a bash without configuration.
var prompt = regexp.MustCompile(`^((?:\[root@\S+ \S+\]# ?|root@\S+:\S+# ?|/ # ?|bash-\S+# ?)+)(.*)$`)

// A pattern is what braces may hold, and what that matches.
var (
	pattern  = regexp.MustCompile(`\{\{([^{}]+)\}\}`)
	patterns = map[string]string{
		"id":   `[0-9a-f]{12}`,
		"id64": `[0-9a-f]{64}`,
		"mac":  `(?:[0-9a-f]{2}:){5}[0-9a-f]{2}`,
		"n":    `[0-9]+(?:\.[0-9]+)?`,
		"...":  `.*`,
	}
)

// compile returns what matches a text of a session at the beginning of what is shown.
func (t *Terminal) compile(text, end string) *regexp.Regexp {
	var re strings.Builder
	re.WriteString(`\A`)
	for text != "" {
		at := pattern.FindStringSubmatchIndex(text)
		if at == nil {
			break
		}
		re.WriteString(regexp.QuoteMeta(text[:at[0]]) + t.match(text[at[2]:at[3]]))
		text = text[at[1]:]
	}
	return regexp.MustCompile(re.String() + regexp.QuoteMeta(text) + end)
}

// match returns the expression for what stands in braces.
func (t *Terminal) match(braces string) string {
	kind, name, named := strings.Cut(braces, "=")
	expression, known := patterns[kind]
	switch {
	case known && named:
		return "(?P<" + name + ">" + expression + ")"
	case known:
		return expression
	}
	return regexp.QuoteMeta(t.fillIn("{{" + braces + "}}"))
}

// fillIn replaces the names in a text. One that stands for nothing stays.
func (t *Terminal) fillIn(text string) string {
	return pattern.ReplaceAllStringFunc(text, func(braces string) string {
		if value, ok := t.Names[braces[2:len(braces)-2]]; ok {
			return value
		}
		return braces
	})
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
		return t.Expect(t.compile(line, ``))
	case "......":
		t.skip = true
		return nil
	case "^P^Q":
		t.Type("\x10\x11")
		return nil
	}
	return t.Expect(t.compile(line, `[ \t]*\n`))
}

// command waits for a prompt and types a line there, or what it has more than what stands
// there already. For an empty one nothing is typed.
func (t *Terminal) command(prompt, line string) error {
	line = t.fillIn(line)
	keys := strings.TrimRight(strings.ReplaceAll(line, "<TAB>", "\t"), "\t")
	rest, ok := strings.CutPrefix(keys, t.begun)
	if !ok {
		return fmt.Errorf("%q is typed already", t.begun)
	}
	if _, err := t.await(t.compile(prompt+" "+t.begun, ``)); err != nil || line == "" {
		return err
	}
	t.begun = ""
	end := "\r"
	if keys != line {
		t.begun, end = keys, strings.Repeat("\t", strings.Count(line, "<TAB>"))
	}
	t.Type(rest + end)
	return t.Expect(t.compile(prompt+" "+keys, ` *\n`))
}
