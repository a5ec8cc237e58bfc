package ipset

import (
	"bufio"
	"strings"
)

// restore runs the lines of standard input up to the first that fails. Lines before it have
// done what they say.
func (s *session) restore(args []string) error {
	if len(args) > 0 {
		return usage("Unknown argument " + args[0])
	}
	if s.Stdin == nil {
		return nil
	}
	given := s.flags
	lines := bufio.NewScanner(s.Stdin)
	lines.Buffer(nil, 1<<16)
	for lines.Scan() {
		s.line++
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' || line == "COMMIT" {
			continue
		}
		s.flags = given
		words := splitLine(line)
		if v := findVerb(words[0]); v != nil && v.names[0] == "restore" {
			return usage("Command `restore' is invalid in restore mode.")
		}
		if err := s.run(words); err != nil && err != errNotIn {
			return err
		}
	}
	return lines.Err()
}

// splitLine splits at blanks outside of double quotes, in which a backslash takes the next
// byte as it is.
func splitLine(line string) (words []string) {
	var word []byte
	quoted, there := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && quoted && i+1 < len(line):
			i++
			word = append(word, line[i])
		case c == '"':
			quoted, there = !quoted, true
		case !quoted && (c == ' ' || c == '\t'):
			if there {
				words, word, there = append(words, string(word)), nil, false
			}
		default:
			word, there = append(word, c), true
		}
	}
	if there {
		words = append(words, string(word))
	}
	if len(words) == 0 {
		words = []string{""}
	}
	return words
}
