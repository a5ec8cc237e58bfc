package files_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzTree does what lines say: the first byte is an operation, names follow. Whatever they
// are, what is listed can be described, and no more is there than may be.
func FuzzTree(f *testing.F) {
	f.Add("metc/x\nwetc/x/y\nretc/motd etc/x/z\ndetc/x/z\nw../..\nd.\nr. x")
	f.Add("rusr etc/a\nretc/a a\nwa/share/nginx/html/index.html\nma/share\nrproc tmp/proc")
	f.Fuzz(func(t *testing.T, lines string) {
		tree := newTree(nil, nil)
		for line := range strings.SplitSeq(lines, "\n") {
			if line == "" {
				continue
			}
			name, to, _ := strings.Cut(line[1:], " ")
			switch line[0] {
			case 'm':
				tree.Mkdir(name, 0o755)
			case 'd':
				tree.Remove(name)
			case 'r':
				tree.Rename(name, to)
			default:
				write(tree, name, to, os.O_CREATE|os.O_APPEND|os.O_WRONLY)
			}
		}
		count, size := measure(t, tree)
		before, sizeBefore := measure(t, newTree(nil, nil))
		require.LessOrEqual(t, count, before+10)
		require.LessOrEqual(t, size, sizeBefore+1000)
	})
}

// measure returns how many files and directories there are, and how many bytes in files.
func measure(t *testing.T, tree fs.FS) (count int, size int64) {
	require.NoError(t, fs.WalkDir(tree, ".", func(name string, e fs.DirEntry, err error) error {
		require.NoError(t, err)
		i, err := fs.Stat(tree, name)
		require.NoError(t, err)
		require.Equal(t, e.IsDir(), i.IsDir())
		if count++; !e.IsDir() {
			size += i.Size()
		}
		return nil
	}))
	return count, size
}
