package shell

import "mvdan.cc/sh/v3/syntax"

// A dialect is what the shells differ in.
type dialect struct {
	name    string
	version string // \v in prompts
	lang    syntax.LangVariant
	bash    bool // bash's language and words, otherwise those of ash
	busybox bool // among those of ash those of busybox
	ps1     string
}

var (
	dash    = &dialect{name: "dash", lang: syntax.LangPOSIX, ps1: "# "}
	bash    = &dialect{name: "bash", version: "5.2", lang: syntax.LangBash, bash: true, ps1: `\s-\v\$ `}
	busybox = &dialect{name: "ash", version: "1.36", lang: syntax.LangBash, busybox: true, ps1: `\w \$ `}
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
