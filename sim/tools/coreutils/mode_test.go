package coreutils_test

import (
	"bytes"
	"io/fs"
	"testing"
	"testing/fstest"

	"drydock/sim/internal/files"
	"drydock/sim/tools/command"
	"drydock/sim/tools/coreutils"
	"drydock/sim/tools/shell"

	"github.com/stretchr/testify/require"
)

// TestModes changes and shows permissions, and has others that say what files take. The texts are
// those of coreutils 9.1.
func TestModes(t *testing.T) {
	t.Parallel()
	tree := files.New(files.Options{Limits: files.Limits{Bytes: 1 << 20, Files: 100}, Layers: []fs.FS{fstest.MapFS{
		"below": {Data: []byte("text\n"), Mode: 0o644}, "etc/passwd": {Data: []byte("www:x:33:33::/:/bin/sh\n")},
	}}})
	table := coreutils.Commands().With(shell.Commands())
	for _, tt := range []struct{ line, want string }{
		{"echo 'echo run' > s; ./s", "sh: 1: ./s: Permission denied\n"},
		{"chmod +x s; stat -c '%a %A %n %s %F' s", "755 -rwxr-xr-x s 9 regular file\n"},
		{"chmod 600 s; stat -c %a s; chmod u=rwx,go+r s; stat -c %a s; chmod a-x s; stat -c %a s; chmod -r s; stat -c %a s", "600\n744\n644\n200\n"},
		{"chmod -v 0644 s", "mode of 's' changed from 0200 (-w-------) to 0644 (rw-r--r--)\n"},
		{"chmod 700 below; stat -c %a below; cat below", "700\ntext\n"},
		{"mkdir -p d/e; echo x > d/e/f; chmod -R go-rwx d; stat -c '%a %F' d d/e d/e/f", "700 directory\n700 directory\n600 regular file\n"},
		{"mkdir t; chmod 1777 t; ls -ld t | cut -c1-10", "drwxrwxrwt\n"},
		{"chmod 9 s", "chmod: invalid mode: '9'\nTry 'chmod --help' for more information.\n"},
		{"chmod u+q s", "chmod: invalid mode: 'u+q'\nTry 'chmod --help' for more information.\n"},
		{"chmod 600", "chmod: missing operand after '600'\nTry 'chmod --help' for more information.\n"},
		{"chmod 600 no", "chmod: cannot access 'no': No such file or directory\n"},
		{"chown root:root s; chown 0 s; chgrp root s; chown nosuch s", "chown: invalid user: 'nosuch'\n"},
		{"chown www s", "chown: changing ownership of 's': Operation not permitted\n"},
		{"du -s d; du -sh d; du -a d", "12\td\n12K\td\n4\td/e/f\n8\td/e\n12\td\n"},
		{"df | head -1; df -h | tail -1", "Filesystem     1K-blocks  Used Available Use% Mounted on\noverlay         1.0M  1.0K 1023K   1% /\n"},
		{"stat no", "stat: cannot statx 'no': No such file or directory\n"},
		{"echo abc | rev; echo 'ab cd ef' | fold -w 4; echo 'ab cd ef' | fold -s -w 4", "cba\nab c\nd ef\nab \ncd \nef\n"},
	} {
		var out bytes.Buffer
		call := &command.Call{Files: tree, Args: []string{"sh", "-c", tt.line}, Stdout: &out, Stderr: &out}
		table.Run(t.Context(), call)
		require.Equal(t, tt.want, out.String(), tt.line)
	}
}
