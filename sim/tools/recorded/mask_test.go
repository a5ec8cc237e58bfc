package recorded

import (
	"regexp"
	"strings"

	"drydock/sim"
)

// A mask finds what differs from run to run.
type mask struct {
	find *regexp.Regexp
	// group is the part of the match that differs; the rest is compared.
	group int
	// names makes it a word that means the same wherever it is: the recorded one stands for one of
	// ours and for no other. Otherwise it is not compared at all, or as with says.
	names string
	// with replaces the part.
	with func(string) string
	// in is in the output of which commands; nil is in all.
	in *regexp.Regexp
	// of is the release that it is for; "" is all.
	of sim.Release
	// at is for which steps, "03b [web] ip addr"; nil is all.
	at     *regexp.Regexp
	reason string
}

const ofOneCommand = "command's "

func re(s string) *regexp.Regexp { return regexp.MustCompile(s) }

// A word is something in a line that a mask with names found.
type word struct {
	names, text string
	full        string // as it stands; an ID may be cut short
}

func (w word) key() string { return w.names + " " + w.text }

// A masked is a line with its words taken out.
type masked struct {
	line, text string
	words      []word
}

// A place is where lines are from.
type place struct {
	release sim.Release
	step    string
}

// maskAll masks lines of a step.
func maskAll(of place, command string, lines []string) (list []masked) {
	for _, line := range lines {
		m := masked{line: line, text: line}
		for _, k := range masks {
			if k.of != "" && k.of != of.release || k.at != nil && !k.at.MatchString(of.step) {
				continue
			}
			var words []word
			m.text, words = k.replace(command, m.text, nil)
			m.words = append(m.words, words...)
		}
		list = append(list, m)
	}
	return list
}

// replace masks a line, or with named replaces what has a name by what that returns.
func (m *mask) replace(command, line string, named func(word) string) (text string, words []word) {
	if m.in != nil && !m.in.MatchString(command) {
		return line, nil
	}
	var b strings.Builder
	end := 0
	for _, at := range m.find.FindAllStringSubmatchIndex(line, -1) {
		from, to := at[2*m.group], at[2*m.group+1]
		if from < end || m.names == idNames && inWord(line, from, to) {
			continue
		}
		part := line[from:to]
		b.WriteString(line[end:from])
		end = to
		switch {
		case m.names == "" && m.with != nil:
			b.WriteString(m.with(part))
		case m.names == "":
			b.WriteString("‹›")
		default:
			w := word{m.names, part, part}
			if m.names == idNames {
				w.text = strings.ToLower(part[:12])
			}
			if named != nil {
				b.WriteString(named(w))
				continue
			}
			words = append(words, w)
			b.WriteString("‹" + m.names + "›" + strings.Repeat("*", len(part)/64))
		}
	}
	b.WriteString(line[end:])
	return b.String(), words
}

// inWord tells whether an ID is part of something longer.
func inWord(line string, from, to int) bool {
	if from > 1 && line[from-2:from] == "^I" { // cat -A has it for a tab
		from = 0
	}
	letter := func(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
	return from > 0 && letter(line[from-1]) || to < len(line) && letter(line[to])
}
