package shell

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"drydock/sim/internal/users"
	"drydock/sim/tools/shell/internal/prompt"

	"mvdan.cc/sh/v3/syntax"
)

// prompt returns PS1 or PS2 as it is shown: with bash's escapes, and then with parameters and
// command substitutions.
func (s *shell) prompt(name string) string {
	text, _ := s.Vars.Get(name)
	if s.bash || s.busybox {
		home, _ := s.Vars.Get("HOME")
		info := prompt.Info{User: s.userName(), UID: s.call.User.UID, Host: s.call.Machine.Hostname(), Dir: s.Dir, Home: home, Version: s.version,
			Shell: path.Base(strings.TrimPrefix(s.name, "-")), Jobs: len(s.mine), Now: time.Now()}
		text = info.Expand(text)
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

// userName is the name of who runs the shell, in the words of bash if there is none.
func (s *shell) userName() string {
	text, _ := fs.ReadFile(s.call.Files, "etc/passwd")
	name := users.NameOf(s.call.User.UID, string(text))
	if name == strconv.Itoa(s.call.User.UID) {
		return "I have no name!"
	}
	return name
}
