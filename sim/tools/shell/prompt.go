package shell

import (
	"path"
	"strings"
	"time"

	"drydock/sim/tools/shell/internal/prompt"

	"mvdan.cc/sh/v3/syntax"
)

// prompt returns PS1 or PS2 as it is shown: with bash's escapes, and then with parameters and
// command substitutions.
func (s *shell) prompt(name string) string {
	text, _ := s.Vars.Get(name)
	if s.bash || s.busybox {
		home, _ := s.Vars.Get("HOME")
		info := prompt.Info{User: "root", Host: s.call.Machine.Hostname(), Dir: s.Dir, Home: home, Version: s.version,
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
