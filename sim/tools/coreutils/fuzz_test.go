package coreutils_test

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"drydock/sim/internal/files"
	"drydock/sim/tools/command"
	"drydock/sim/tools/coreutils"
)

type machine struct {
	command.Machine
	files command.Files
}

func (m *machine) FS() command.Files { return m.files }
func (m *machine) Hostname() string  { return "web" }

// FuzzCommands checks that no command line and input makes a program panic or run on.
func FuzzCommands(f *testing.F) {
	for _, line := range []string{
		"sort -k1.2,3nr -t:", "cut -f2-,1 -d:", "tr [:alpha:]-z a-c", "tr [a*3]b\\101 xyz", "head -c -1K", "tail -n +2", "seq -w 1 .3 9", "date -d @1e9 +%Y%-j%_d",
		"expr ( 1 + 2 ) * 3", "expr a : \\(.\\)", "printf %*.*f%b 3 2 1 \\0101", "ls -lRa /", "cp -r a b", "rm -rf a /b", "mkdir -p x/y/../z", "env -u A B=1 printenv", "uniq -cf1", "wc -lwcL",
		"base64 -dw5", "paste -sd,", "test ( a -a ! b ) -o c", "timeout -k 1 .01 sleep 9", "nl -ba", "mktemp -d XXX", "basename -s .c a/b.c", "stty size", "date -d 3_days_ago", "sort -hc",
	} {
		f.Add(line, "b:2:x\na:1:y\n\n")
	}
	f.Fuzz(func(t *testing.T, line, input string) {
		args := strings.Fields(line)
		table := coreutils.Commands()
		if len(args) == 0 || table[args[0]] == nil {
			return
		}
		m := &machine{files: files.New(files.Options{Layers: []fs.FS{fstest.MapFS{"a": {Data: []byte(input)}}}, Limits: files.Limits{Bytes: 1 << 20, Files: 50}})}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		var out strings.Builder
		call := &command.Call{Machine: m, Args: args, Stdin: strings.NewReader(input), Stdout: limited{&out}, Stderr: limited{&out}}
		if status := table.Run(ctx, call); status < 0 || status > 255 {
			t.Errorf("status %d", status)
		}
	})
}

// limited ends who writes too much.
type limited struct{ b *strings.Builder }

func (l limited) Write(b []byte) (int, error) {
	if l.b.Len() > 1<<20 {
		return 0, fs.ErrClosed
	}
	return l.b.Write(b)
}
