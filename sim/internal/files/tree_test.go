package files_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"drydock/sim/internal/files"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// day is when all files were made.
var day = time.Date(2023, 10, 7, 0, 0, 0, 0, time.UTC)

// image has a few files.
func image() fstest.MapFS {
	file := func(text string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(text), Mode: 0o644, ModTime: day}
	}
	return fstest.MapFS{
		"etc/os-release": file("NAME=image\n"), "etc/motd": file("hello\n"),
		"usr/share/nginx/html/index.html": file("<p>nginx\n"), "var/empty": &fstest.MapFile{Mode: fs.ModeDir | 0o755, ModTime: day},
	}
}

// base has what every system has.
func base() fstest.MapFS {
	return fstest.MapFS{
		"etc/os-release": {Data: []byte("NAME=base\n"), Mode: 0o644, ModTime: day}, "etc/services": {Data: []byte("http 80/tcp\n"), Mode: 0o644, ModTime: day},
		"proc": {Mode: fs.ModeDir | 0o555, ModTime: day}, "tmp": {Mode: fs.ModeDir | 0o777, ModTime: day}, "dev": {Mode: fs.ModeDir | 0o755, ModTime: day},
	}
}

func newTree(bound map[string]func() *files.File, made func() *files.Made) *files.Tree {
	o := files.Options{Layers: []fs.FS{nil, image(), base()}, Limits: files.Limits{Bytes: 1000, Files: 10}, Bound: bound}
	if made != nil {
		o.Mounted = map[string]func() *files.Made{"proc": made}
	}
	return files.New(o)
}

// write writes a file with the flags of a shell's ">", or others.
func write(t *files.Tree, name, text string, flags ...int) error {
	flag := os.O_CREATE | os.O_TRUNC | os.O_WRONLY
	if len(flags) > 0 {
		flag = flags[0]
	}
	f, err := t.OpenFile(name, flag, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(text))
	return errors.Join(err, f.Close())
}

func read(t *testing.T, tree *files.Tree, name string) string {
	t.Helper()
	b, err := fs.ReadFile(tree, name)
	require.NoError(t, err)
	return string(b)
}

// names lists a directory.
func names(t *testing.T, tree *files.Tree, name string) string {
	t.Helper()
	entries, err := fs.ReadDir(tree, name)
	require.NoError(t, err)
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return strings.Join(list, " ")
}

// TestFS is the standard library's test, on all layers at once.
func TestFS(t *testing.T) {
	t.Parallel()
	hosts := files.NewFile(0o644, 100)
	hosts.Edit(func(string) string { return "127.0.0.1\tlocalhost\n" })
	made := &files.Made{Time: day, Files: map[string]files.Source{
		"net/dev": {Read: func() string { return "lo\n" }},
	}}
	made.Sub = map[string]func() *files.Made{"sys": func() *files.Made {
		return &files.Made{Time: day, Files: map[string]files.Source{"net/ipv4/ip_forward": {Read: func() string { return "1\n" }}}}
	}}
	tree := newTree(map[string]func() *files.File{"etc/hosts": func() *files.File { return hosts }}, func() *files.Made { return made })
	require.NoError(t, write(tree, "etc/motd", " again\n", os.O_APPEND|os.O_WRONLY))
	require.NoError(t, tree.Remove("etc/services"))
	require.NoError(t, tree.Mkdir("root", 0o700))
	require.NoError(t, write(tree, "root/notes", "x"))
	require.NoError(t, tree.Rename("usr/share", "root/share"))
	require.NoError(t, fstest.TestFS(tree, "etc/hosts", "etc/motd", "etc/os-release", "root/notes", "root/share/nginx/html/index.html",
		"proc/net/dev", "proc/sys/net/ipv4/ip_forward", "var/empty", "tmp"))
	require.Equal(t, "hosts motd os-release", names(t, tree, "etc"))
	require.Equal(t, "NAME=image\n", read(t, tree, "etc/os-release"))
	require.Equal(t, "hello\n again\n", read(t, tree, "etc/motd"))
}

// TestLayers: what is written, removed and made anew hides what is below, and the image stays.
func TestLayers(t *testing.T) {
	t.Parallel()
	below := image()
	tree := files.New(files.Options{Layers: []fs.FS{below}, Limits: files.Limits{Bytes: 1000, Files: 10}})
	require.NoError(t, write(tree, "etc/motd", "new\n"))
	require.NoError(t, tree.Remove("etc/motd"))
	_, err := tree.Open("etc/motd")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, tree.Remove("etc"), command.ErrNotEmpty)
	require.NoError(t, tree.Remove("etc/os-release"))
	require.NoError(t, tree.Remove("etc"))
	require.NoError(t, tree.Mkdir("etc", 0o755))
	require.Empty(t, names(t, tree, "etc"), "a new directory is empty")
	require.Equal(t, "hello\n", string(below["etc/motd"].Data))

	f, err := tree.Open("usr/share/nginx/html/index.html")
	require.NoError(t, err)
	require.NoError(t, write(tree, "usr/share/nginx/html/index.html", "mine\n"))
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Equal(t, "<p>nginx\n", string(text), "as with overlayfs")
	require.Equal(t, "mine\n", read(t, tree, "usr/share/nginx/html/index.html"))
}

// TestBound has a file of others: both see what is written, it cannot be removed, and it is
// there while it is bound.
func TestBound(t *testing.T) {
	t.Parallel()
	var hosts *files.File
	tree := newTree(map[string]func() *files.File{"etc/hosts": func() *files.File { return hosts }}, nil)
	require.Equal(t, "motd os-release services", names(t, tree, "etc"))
	require.NoError(t, write(tree, "etc/hosts", "mine"))
	hosts = files.NewFile(0o644, 10)
	require.Equal(t, "", read(t, tree, "etc/hosts"))
	require.NoError(t, write(tree, "etc/hosts", "a\n"))
	require.NoError(t, write(tree, "etc/hosts", "b\n", os.O_APPEND|os.O_WRONLY))
	require.Equal(t, "a\nb\n", hosts.String())
	require.ErrorIs(t, write(tree, "etc/hosts", "much too long"), command.ErrNoSpace)
	hosts.Edit(func(string) string { return "much too long as well" })
	require.Equal(t, "much too l", hosts.String())
	require.NoError(t, write(tree, "etc/new", "n"))
	for _, err := range []error{
		tree.Remove("etc/hosts"), tree.Rename("etc/new", "etc/hosts"), tree.Rename("etc/hosts", "etc/old"), tree.Rename("etc", "tmp/etc"),
	} {
		require.ErrorIs(t, err, command.ErrBusy)
		require.Equal(t, "Device or resource busy", command.Reason(err))
	}
	_, err := tree.OpenFile("etc/hosts", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	require.ErrorIs(t, err, fs.ErrExist)
	require.ErrorIs(t, tree.Mkdir("etc/hosts", 0o755), fs.ErrExist)
	hosts = nil
	require.Equal(t, "mine", read(t, tree, "etc/hosts"))
}

// TestMade has files that are made when they are opened, and those that take what is written.
func TestMade(t *testing.T) {
	t.Parallel()
	forward, running := "0", false
	made := &files.Made{Time: day, Files: map[string]files.Source{
		"net/dev": {Read: func() string { return "lo\n" }},
		"sys/net/ipv4/ip_forward": {Read: func() string { return forward + "\n" }, Write: func(text string) error {
			if forward = strings.TrimSpace(text); forward == "x" {
				return fs.ErrInvalid
			}
			return nil
		}},
		"sys/kernel/osrelease": {Read: func() string { return "6\n" }, Refuse: command.ErrReadOnly},
	}}
	tree := newTree(nil, func() *files.Made {
		if !running {
			return nil
		}
		return made
	})
	require.Empty(t, names(t, tree, "proc"))
	running = true
	require.Equal(t, "net sys", names(t, tree, "proc"))
	require.Equal(t, "kernel net", names(t, tree, "proc/sys"))
	require.Equal(t, "0\n", read(t, tree, "proc/sys/net/ipv4/ip_forward"))
	require.NoError(t, write(tree, "proc/sys/net/ipv4/ip_forward", "1\n"))
	require.Equal(t, "1\n", read(t, tree, "proc/sys/net/ipv4/ip_forward"))
	for _, tt := range []struct {
		err  error
		want string
	}{
		{write(tree, "proc/sys/net/ipv4/ip_forward", "x"), "Invalid argument"},
		{write(tree, "proc/sys/kernel/osrelease", "7"), "Read-only file system"},
		{write(tree, "proc/net/dev", "7"), "Permission denied"},
		{write(tree, "proc/new", "7"), "No such file or directory"},
		{write(tree, "proc/net", "7"), "Is a directory"},
		{tree.Mkdir("proc/new", 0o755), "No such file or directory"},
		{tree.Mkdir("proc/net", 0o755), "File exists"},
		{tree.Remove("proc"), "Device or resource busy"},
		{tree.Rename("proc", "tmp/proc"), "Device or resource busy"},
		{tree.Rename("etc/motd", "proc/net/dev"), "Permission denied"},
		{tree.Remove("proc/net/dev"), "Permission denied"},
		{tree.Remove("proc/nosuch"), "No such file or directory"},
		{tree.Remove("proc/net/dev/x"), "Not a directory"},
	} {
		require.Error(t, tt.err)
		require.Equal(t, tt.want, command.Reason(tt.err), "%v", tt.err)
	}
}

// TestDevices has the two that there are.
func TestDevices(t *testing.T) {
	t.Parallel()
	tree := newTree(nil, nil)
	require.NoError(t, tree.AddDevices())
	require.Equal(t, "null zero", names(t, tree, "dev"))
	require.NoError(t, write(tree, "dev/null", "gone"))
	require.Equal(t, "", read(t, tree, "dev/null"))
	f, err := tree.Open("dev/zero")
	require.NoError(t, err)
	b := []byte("xx")
	_, err = io.ReadFull(f, b)
	require.NoError(t, err)
	require.Equal(t, []byte{0, 0}, b)
	i, err := f.Stat()
	require.NoError(t, err)
	require.Equal(t, "Dcrw-rw-rw-", i.Mode().String())
	require.NoError(t, tree.Rename("dev/null", "dev/zero"), "one device is as good as another")
	require.Equal(t, "", read(t, tree, "dev/zero"))
}

// TestLimits: what is written is bounded, and what is removed can be written again, when the
// last who has it open closes it.
func TestLimits(t *testing.T) {
	t.Parallel()
	tree := newTree(nil, nil)
	require.ErrorIs(t, write(tree, "tmp/big", strings.Repeat("x", 1001)), command.ErrNoSpace)
	require.Len(t, read(t, tree, "tmp/big"), 1000, "what fits is written")
	require.ErrorIs(t, write(tree, "etc/motd", "x", os.O_APPEND|os.O_WRONLY), command.ErrNoSpace)
	require.Equal(t, "hello\n", read(t, tree, "etc/motd"))
	f, err := tree.Open("tmp/big")
	require.NoError(t, err)
	require.NoError(t, tree.Remove("tmp/big"))
	require.ErrorIs(t, write(tree, "tmp/small", "x"), command.ErrNoSpace)
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Len(t, text, 1000)
	require.NoError(t, f.Close())
	require.ErrorIs(t, f.Close(), fs.ErrClosed)
	require.NoError(t, write(tree, "tmp/small", "x"))

	for i := range 9 {
		require.NoError(t, tree.Mkdir("tmp/"+string(rune('a'+i)), 0o755))
	}
	require.ErrorIs(t, tree.Mkdir("tmp/z", 0o755), command.ErrNoSpace)
	require.ErrorIs(t, write(tree, "tmp/z", ""), command.ErrNoSpace)
	require.NoError(t, tree.Remove("tmp/a"))
	require.NoError(t, write(tree, "tmp/z", ""))

	long := strings.Repeat("x", 256)
	for _, name := range []string{"tmp/" + long, strings.Repeat("x/", 2048) + "x"} {
		require.Equal(t, "File name too long", command.Reason(tree.Mkdir(name, 0o755)))
	}
	for _, name := range []string{"", "/etc", "../etc", "etc/", "etc/../etc"} {
		_, err := tree.Open(name)
		require.ErrorIs(t, err, fs.ErrInvalid, name)
	}
}

// TestSeek skips what it does not write, and cannot be made to overflow.
func TestSeek(t *testing.T) {
	t.Parallel()
	tree := newTree(nil, nil)
	f, err := tree.OpenFile("tmp/f", os.O_RDWR|os.O_CREATE, 0o666)
	require.NoError(t, err)
	s := f.(io.Seeker)
	_, err = s.Seek(3, io.SeekStart)
	require.NoError(t, err)
	_, err = f.Write([]byte("abc"))
	require.NoError(t, err)
	require.Equal(t, "\x00\x00\x00abc", read(t, tree, "tmp/f"))
	at, err := s.Seek(-2, io.SeekEnd)
	require.NoError(t, err)
	require.EqualValues(t, 4, at)
	rest, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Equal(t, "bc", string(rest))
	_, err = s.Seek(1<<62, io.SeekStart)
	require.ErrorIs(t, err, fs.ErrInvalid)
	_, err = s.Seek(1<<39, io.SeekStart)
	require.NoError(t, err)
	_, err = f.Write([]byte("x"))
	require.ErrorIs(t, err, command.ErrNoSpace)
	require.NoError(t, write(tree, "tmp/g", strings.Repeat("x", 994)), "nothing was taken for what failed")
}
