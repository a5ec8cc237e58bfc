package prompt

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestExpand has the prompts of distributions, and all escapes.
func TestExpand(t *testing.T) {
	t.Parallel()
	in := Info{User: "root", Host: "web.example", Dir: "/root/src", Home: "/root", Shell: "bash", Version: "5.2", Jobs: 2,
		Now: time.Date(2026, 3, 9, 15, 4, 5, 0, time.UTC)}
	for text, want := range map[string]string{
		`[\u@\h \W]\$ `: "[root@web src]# ", `\u@\h:\w\$ `: "root@web:~/src# ", `\s-\v\$ `: "bash-5.2# ", `\w \$ `: "~/src # ",
		`${debian_chroot:+($debian_chroot)}\u`: "${debian_chroot:+($debian_chroot)}root", `\H \j \t \T \@ \A \d`: "web.example 2 15:04:05 03:04:05 03:04 PM 15:04 Mon Mar 09",
		`\[\e[01;32m\]x\[\033[0m\]`: "\x1b[01;32mx\x1b[0m", `a\nb\\\q\`: "a\nb\\\\\\\\q\\", `\101`: "A",
	} {
		require.Equal(t, want, in.Expand(text), text)
	}
	in.Dir = "/root"
	require.Equal(t, "~ ~", in.Expand(`\w \W`))
	in.Dir = "/rooted"
	require.Equal(t, "/rooted rooted", in.Expand(`\w \W`))
	in.Dir = "/a$b"
	require.Equal(t, `/a\$b`, in.Expand(`\w`), "the name of a directory is not expanded")
}
