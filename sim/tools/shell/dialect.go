package shell

import (
	"drydock/sim/tools/shell/internal/vars"

	"mvdan.cc/sh/v3/syntax"
)

// A dialect is what the shells differ in.
type dialect struct {
	name    string
	version string // \v in prompts
	release string // BASH_VERSION
	lang    syntax.LangVariant
	bash    bool // bash's language and words, otherwise those of ash
	busybox bool // among those of ash those of busybox
	ps1     string
	order   vars.Order // of the environment
}

var (
	dash    = &dialect{name: "dash", lang: syntax.LangPOSIX, ps1: "# ", order: vars.Ash}
	bash    = &dialect{name: "bash", version: "5.2", release: "5.2.15(1)-release", lang: syntax.LangBash, bash: true, ps1: `\s-\v\$ `, order: vars.Bash}
	bash42  = &dialect{name: "bash", version: "4.2", release: "4.2.46(2)-release", lang: syntax.LangBash, bash: true, ps1: `\s-\v\$ `, order: vars.Bash42}
	busybox = &dialect{name: "ash", version: "1.36", lang: syntax.LangBash, busybox: true, ps1: `\w \$ `, order: vars.Ash}
)

// words returns the words of the dialect, of which busybox has dash's if it has none.
func (d *dialect) words(bash, dash, busybox string) string {
	switch {
	case d.bash:
		return bash
	case d.busybox && busybox != "":
		return busybox
	}
	return dash
}

// special are the builtins that POSIX calls so: a fault of theirs ends dash, and assignments
// before them stay.
var special = map[string]bool{
	".": true, ":": true, "break": true, "continue": true, "eval": true, "exec": true, "exit": true, "export": true, "local": true,
	"readonly": true, "return": true, "set": true, "shift": true, "source": true, "trap": true, "unset": true,
}
