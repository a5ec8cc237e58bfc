package files_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"drydock/sim/internal/files"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// A disk is the real thing, in a directory of its own.
type disk string

func (d disk) at(name string) string { return filepath.Join(string(d), name) }

func (d disk) write(name, text string, flag int) error {
	f, err := os.OpenFile(d.at(name), flag, 0o666)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// kind tells errors of the real files and of a Tree in the same words.
func kind(err error) string {
	for known, text := range map[error]string{
		syscall.EISDIR: "Is a directory", syscall.ENOTDIR: "Not a directory", syscall.ENOTEMPTY: "Directory not empty", syscall.EBUSY: "Device or resource busy", syscall.EINVAL: "Invalid argument",
	} {
		if errors.Is(err, known) {
			return text
		}
	}
	if err == nil {
		return ""
	}
	return command.Reason(err)
}

// dump tells a tree of files.
func dump(t *testing.T, f fs.FS) string {
	var b strings.Builder
	require.NoError(t, fs.WalkDir(f, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			fmt.Fprintln(&b, name, err)
			return err
		}
		text, err := fs.ReadFile(f, name)
		fmt.Fprintf(&b, "%s %q\n", name, text)
		return err
	}))
	return b.String()
}

// TestLikeReal does things at random to a Tree and to real files, which must stay the same and
// refuse the same.
func TestLikeReal(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux's errors")
	}
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := disk(t.TempDir())
		below := image()
		require.NoError(t, os.CopyFS(string(d), below))
		tree := files.New(files.Options{Layers: []fs.FS{below}, Limits: files.Limits{Bytes: 1 << 20, Files: 1000}})
		name := func() string {
			parts := []string{"etc", "motd", "usr", "share", "os-release", "var", "empty", "a", "b"}
			n := make([]string, 1+r.IntN(3))
			for i := range n {
				n[i] = parts[r.IntN(len(parts))]
			}
			return strings.Join(n, "/")
		}
		for i := range 150 {
			var op string
			var got, want error
			a, b := name(), name()
			switch r.IntN(5) {
			case 0:
				op = "mkdir " + a
				got, want = tree.Mkdir(a, 0o755), os.Mkdir(d.at(a), 0o755)
			case 1:
				op = "rm " + a
				got, want = tree.Remove(a), os.Remove(d.at(a))
			case 2:
				op = "mv " + a + " " + b
				got, want = tree.Rename(a, b), syscall.Rename(d.at(a), d.at(b))
			default:
				flag := []int{os.O_TRUNC, os.O_APPEND, os.O_EXCL, 0}[r.IntN(4)] | os.O_WRONLY
				if r.IntN(4) > 0 {
					flag |= os.O_CREATE
				} else {
					flag &^= os.O_EXCL
				}
				op = fmt.Sprintf("write %s %#x", a, flag)
				text := fmt.Sprint(i)
				got, want = write(tree, a, text, flag), d.write(a, text, flag)
			}
			require.Equal(t, kind(want), kind(got), "seed %d, step %d: %s", seed, i, op)
		}
		require.Equal(t, dump(t, os.DirFS(string(d))), dump(t, tree), "seed %d", seed)
	}
}

// TestConcurrent has many use one tree.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	tree := newTree(nil, nil)
	var done sync.WaitGroup
	for i := range 8 {
		done.Go(func() {
			own := fmt.Sprint("tmp/", i)
			for range 100 {
				write(tree, "tmp/log", "x", os.O_APPEND|os.O_WRONLY|os.O_CREATE)
				write(tree, own, "y")
				tree.Rename(own, "etc/motd")
				tree.Remove("tmp/log")
				fs.ReadFile(tree, "etc/motd")
				fs.ReadDir(tree, "tmp")
			}
		})
	}
	done.Wait()
	tree.Remove("tmp/log")
	tree.Remove("etc/motd")
	require.Empty(t, names(t, tree, "tmp"))
	require.NoError(t, write(tree, "tmp/all", strings.Repeat("x", 1000)), "all of the quota is there")
}
