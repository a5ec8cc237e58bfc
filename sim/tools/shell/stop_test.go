package shell_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestStop presses ^Z. The texts are those of bash 5.2.
func TestStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(nil)
		p := open(t, m, []string{"HOME=/root"}, "/bin/bash", "--norc")
		at := "bash-5.2# "
		for _, tt := range []struct{ typed, shown string }{
			{"", at},
			{"sleep 100\r", "sleep 100\r\n"},
			{"\x1a", "^Z\r\n[1]+  Stopped                 sleep 100\r\n" + at},
			{"echo $?; jobs\r", "echo $?; jobs\r\n148\r\n[1]+  Stopped                 sleep 100\r\n" + at},
			{"bg\r", "bg\r\n[1]+ sleep 100 &\r\n" + at},
			{"bg\r", "bg\r\nbash: bg: job 1 already in background\r\n" + at},
			{"jobs\r", "jobs\r\n[1]+  Running                 sleep 100 &\r\n" + at},
			{"fg\r", "fg\r\nsleep 100\r\n"},
			{"\x1a", "^Z\r\n[1]+  Stopped                 sleep 100\r\n" + at},
		} {
			require.Equal(t, tt.shown, p.typed(tt.typed), "%q", tt.typed)
		}
		// It ends before this prompt or before the next.
		require.Contains(t, p.typed("kill %1\r")+p.typed("\r"), "\r\n[1]+  Terminated              sleep 100\r\n"+at)
		for _, tt := range []struct{ typed, shown string }{
			{"cat | cat\r", "cat | cat\r\n"},
			{"\x1a", "^Z\r\n[1]+  Stopped                 cat | cat\r\n" + at},
			{"sleep 50 > f\r", "sleep 50 > f\r\n"},
			{"\x1a", "^Z\r\n[2]+  Stopped                 sleep 50 > f\r\n" + at},
			{"jobs\r", "jobs\r\n[1]-  Stopped                 cat | cat\r\n[2]+  Stopped                 sleep 50 > f\r\n" + at},
			{"fg %1\r", "fg %1\r\ncat | cat\r\n"},
			{"line\r", "line\r\nline\r\n"},
			{"\x04", at},
			{"kill -CONT %2\r", "kill -CONT %2\r\n" + at},
			{"fg\r", "fg\r\nsleep 50 > f\r\n"},
			{"\x03", "^C\r\n" + at},
			{"(sleep 7; echo after)\r", "(sleep 7; echo after)\r\n"},
			{"\x1a", "^Z\r\n[1]+  Stopped                 ( sleep 7; echo after )\r\n" + at},
			{"exit\r", "exit\r\nexit\r\nThere are stopped jobs.\r\n" + at},
			{"fg\r", "fg\r\n( sleep 7; echo after )\r\n"},
		} {
			require.Equal(t, tt.shown, p.typed(tt.typed), "%q", tt.typed)
		}
		time.Sleep(8 * time.Second)
		require.Equal(t, "after\r\n"+at, p.typed(""))
		require.Contains(t, p.typed("cat &\r")+p.typed("\r"), "\r\n[1]+  Stopped                 cat\r\n"+at, "it would read the terminal")
		require.Equal(t, "echo $(sleep 1)\r\n", p.typed("echo $(sleep 1)\r"))
		require.Equal(t, "^Z", p.typed("\x1a"), "it is no job")
		time.Sleep(time.Second)
		require.Equal(t, "\r\n"+at, p.typed(""))
		require.Equal(t, "exit\r\nThere are stopped jobs.\r\n"+at, p.typed("\x04"))
		require.Equal(t, "exit\r\n", p.typed("\x04"))
		require.Zero(t, <-p.done)
		require.Len(t, m.processes.List(), 1, "init alone")
	})
}

// TestBusyLoop interrupts what neither reads nor waits.
func TestBusyLoop(t *testing.T) {
	t.Parallel()
	m := newMachine(nil)
	p := open(t, m, []string{"HOME=/root", "PS1=@ "}, "ash")
	read := func(until string) {
		var all []byte
		buf := make([]byte, 100)
		for len(all) < len(until) || string(all[len(all)-len(until):]) != until {
			n, err := p.pair.Read(buf)
			require.NoError(t, err)
			all = append(all, buf[:n]...)
		}
	}
	read("@ ")
	p.pair.Write([]byte("echo go; while :; do :; done\r"))
	read("done\r\ngo\r\n") // before that the editor may still take ^C as a key
	p.pair.Write([]byte{3})
	read("^C\r\n@ ")
	p.pair.Write([]byte{4})
	require.NotZero(t, <-p.done)
}

// TestHistoryExpansion types what bash expands, and shows.
func TestHistoryExpansion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := open(t, newMachine(nil), []string{"HOME=/root", "PS1=@ "}, "bash", "--norc")
		require.Equal(t, "@ ", p.typed(""))
		require.Equal(t, "echo one two\r\none two\r\n@ ", p.typed("echo one two\r"))
		require.Equal(t, "!!\r\necho one two\r\none two\r\n@ ", p.typed("!!\r"))
		require.Equal(t, "args !$\r\nargs two\r\n[two]\r\n@ ", p.typed("args !$\r"))
		require.Equal(t, "!9\r\nbash: !9: event not found\r\n@ ", p.typed("!9\r"))
		require.Equal(t, "history\r\n    1  echo one two\r\n    2  args two\r\n    3  history\r\n@ ", p.typed("history\r"))
		require.Equal(t, "!1\r\necho one two\r\none two\r\n@ ", p.typed("!1\r"))
		p.typed("exit\r")
		<-p.done
	})
}
