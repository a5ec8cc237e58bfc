// Package prompt reads the escapes of PS1.
package prompt

import (
	"path"
	"strconv"
	"strings"
	"time"
)

// An Info is what prompts tell.
type Info struct {
	User, Host     string
	UID            int
	Dir, Home      string
	Shell, Version string
	Jobs           int
	Now            time.Time
}

// literally keeps a text from being expanded afterwards.
var literally = strings.NewReplacer(`\`, `\\`, "$", `\$`, "`", "\\`")

// Expand returns text with its escapes replaced. What comes of them is quoted, as the rest is yet
// to be expanded like a here-document.
func (in *Info) Expand(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		if c, n := octal(text[i:]); n > 0 {
			b.WriteByte(c)
			i += n - 1
			continue
		}
		out, ok := in.escape(text[i])
		if !ok {
			out = text[i-1 : i+1]
		}
		b.WriteString(literally.Replace(out))
	}
	return b.String()
}

// octal reads up to three digits.
func octal(text string) (c byte, n int) {
	for n < len(text) && n < 3 && text[n] >= '0' && text[n] <= '7' {
		n++
	}
	value, _ := strconv.ParseUint(text[:n], 8, 8)
	return byte(value), n
}

// layouts are the escapes that show the time.
var layouts = map[byte]string{'t': "15:04:05", 'T': "03:04:05", '@': "03:04 PM", 'A': "15:04", 'd': "Mon Jan 02"}

// escape returns what a backslash and a letter stand for.
func (in *Info) escape(c byte) (string, bool) {
	if layout, ok := layouts[c]; ok {
		return in.Now.Format(layout), true
	}
	switch c {
	case 'u':
		return in.User, true
	case 'h':
		host, _, _ := strings.Cut(in.Host, ".")
		return host, true
	case 'H':
		return in.Host, true
	case 'w':
		return in.short(), true
	case 'W':
		if dir := in.short(); dir == "~" {
			return dir, true
		}
		return path.Base(in.Dir), true
	case '$':
		if in.UID != 0 {
			return "$", true
		}
		return "#", true
	case 's':
		return in.Shell, true
	case 'v':
		return in.Version, true
	case 'j':
		return strconv.Itoa(in.Jobs), true
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
	return "", false
}

// short returns the working directory with ~ for the home directory.
func (in *Info) short() string {
	if in.Home == "" || in.Home == "/" {
		return in.Dir
	}
	if rest, ok := strings.CutPrefix(in.Dir, in.Home); ok && (rest == "" || rest[0] == '/') {
		return "~" + rest
	}
	return in.Dir
}
