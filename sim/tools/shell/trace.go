package shell

import "strings"

// trace is set -x.
func (s *shell) trace(assigned, args []string) {
	if !s.options.Xtrace {
		return
	}
	words := make([]string, 0, len(assigned)+len(args))
	for _, a := range assigned {
		name, value, _ := strings.Cut(a, "=")
		words = append(words, name+"="+s.quoted(value))
		if s.bash && len(args) > 0 {
			s.trace([]string{a}, nil)
			words = words[:0]
		}
	}
	for _, a := range args {
		words = append(words, s.quoted(a))
	}
	s.files.Writer(2).Write([]byte("+ " + strings.Join(words, " ") + "\n"))
}

// quoted returns a word as set -x shows it: dash as it is.
func (s *shell) quoted(word string) string {
	if !s.bash && !s.busybox || word != "" && !strings.ContainsAny(word, " \t\n'\"\\$`*?[]{}()<>|&;!~#^") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
