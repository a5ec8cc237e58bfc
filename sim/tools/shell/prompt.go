package shell

import (
	"path"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"
)

// prompt returns PS1 or PS2 as it is shown: with bash's escapes, and then with parameters and
// command substitutions.
func (s *shell) prompt(name string) string {
	text, _ := s.Vars.Get(name)
	if s.bash || s.busybox {
		text = s.promptEscapes(text)
	}
	if !strings.ContainsAny(text, "$`\\") {
		return text
	}
	word, err := syntax.NewParser().Document(strings.NewReader(text))
	if err != nil {
		return text
	}
	status := s.status
	expanded, err := s.Document(word)
	s.status = status
	if err != nil {
		return text
	}
	return expanded
}

// literally keeps a text from being expanded.
var literally = strings.NewReplacer(`\`, `\\`, "$", `\$`, "`", "\\`")

func (s *shell) promptEscapes(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		if text[i] >= '0' && text[i] <= '7' {
			end := i
			for end < len(text) && end < i+3 && text[end] >= '0' && text[end] <= '7' {
				end++
			}
			n, _ := strconv.ParseUint(text[i:end], 8, 8)
			b.WriteByte(byte(n))
			i = end - 1
			continue
		}
		out, ok := s.promptEscape(text[i])
		if !ok {
			out = text[i-1 : i+1]
		}
		b.WriteString(literally.Replace(out))
	}
	return b.String()
}

// promptEscape returns what a backslash and a letter stand for.
func (s *shell) promptEscape(c byte) (string, bool) {
	host := s.call.Machine.Hostname()
	switch c {
	case 'u':
		return "root", true
	case 'h':
		host, _, _ = strings.Cut(host, ".")
		return host, true
	case 'H':
		return host, true
	case 'w':
		return s.shortDir(), true
	case 'W':
		if dir := s.shortDir(); dir == "~" {
			return dir, true
		}
		return path.Base(s.Dir), true
	case '$':
		return "#", true
	case 's':
		return path.Base(strings.TrimPrefix(s.name, "-")), true
	case 'v':
		return s.version, true
	case 'j':
		return strconv.Itoa(len(s.mine)), true
	case 'n':
		return "\n", true
	case 'r':
		return "\r", true
	case 'a':
		return "\a", true
	case 'e':
		return "\x1b", true
	case '\\':
		return `\`, true
	case '[', ']': // around what takes no column, which the editor sees itself
		return "", true
	}
	for letter, layout := range map[byte]string{'t': "15:04:05", 'T': "03:04:05", '@': "03:04 PM", 'A': "15:04", 'd': "Mon Jan 02"} {
		if letter == c {
			return time.Now().Format(layout), true
		}
	}
	return "", false
}

// shortDir returns the working directory with ~ for the home directory.
func (s *shell) shortDir() string {
	home, _ := s.Vars.Get("HOME")
	if home == "" || home == "/" {
		return s.Dir
	}
	if rest, ok := strings.CutPrefix(s.Dir, home); ok && (rest == "" || rest[0] == '/') {
		return "~" + rest
	}
	return s.Dir
}
