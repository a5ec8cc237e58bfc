package command

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Files are those of a machine. Names are as io/fs has them, "etc/hosts". Errors are
// *fs.PathError with one of the errors below in it, or with fs.ErrNotExist, fs.ErrExist,
// fs.ErrPermission or fs.ErrInvalid. It is safe for concurrent use.
type Files interface {
	fs.FS
	// OpenFile is Open for the flags of os.OpenFile, without those a file to read.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Mkdir(name string, perm fs.FileMode) error
	Remove(name string) error // a file or an empty directory
	Rename(from, to string) error
}

// Chmod changes the permissions of a file, of the nine bits and the sticky one. Files that have no
// method Chmod for it have permissions that stay.
func (c *Call) Chmod(name string, mode fs.FileMode) error {
	if f, ok := c.Files.(interface {
		Chmod(name string, mode fs.FileMode) error
	}); ok {
		return f.Chmod(c.Path(name), mode)
	}
	return &fs.PathError{Op: "chmod", Path: name, Err: fs.ErrPermission}
}

// A File is one that may be written, if it was opened so.
type File interface {
	fs.File
	io.Writer
}

// What the kernel says of files and package fs has no error for.
var (
	ErrIsDir    = errors.New("is a directory")
	ErrNotDir   = errors.New("not a directory")
	ErrNotEmpty = errors.New("directory not empty")
	ErrReadOnly = errors.New("read-only file system")
	ErrNoSpace  = errors.New("no space left on device")
	ErrBusy     = errors.New("device or resource busy") // something is mounted there

	ErrNameTooLong = errors.New("file name too long")
	ErrNoMemory    = errors.New("cannot allocate memory") // ReadFile of a file of more than 64 MiB
)

// Reason returns strerror(3)'s words for an error of Files, which programs print after the
// name: "No such file or directory".
func Reason(err error) string {
	for _, r := range []struct {
		err  error
		text string
	}{
		{fs.ErrNotExist, "No such file or directory"}, {fs.ErrExist, "File exists"},
		{fs.ErrPermission, "Permission denied"}, {fs.ErrInvalid, "Invalid argument"},
		{ErrIsDir, "Is a directory"}, {ErrNotDir, "Not a directory"}, {ErrNotEmpty, "Directory not empty"},
		{ErrReadOnly, "Read-only file system"}, {ErrNoSpace, "No space left on device"},
		{ErrBusy, "Device or resource busy"}, {ErrNameTooLong, "File name too long"},
		{ErrNoMemory, "Cannot allocate memory"},
	} {
		if errors.Is(err, r.err) {
			return r.text
		}
	}
	return "Input/output error"
}

// Path returns what the Files of the call call a file that a user of it names: relative to
// Dir unless it begins with a slash.
func (c *Call) Path(name string) string {
	if !strings.HasPrefix(name, "/") {
		name = c.Dir + "/" + name
	}
	if name = path.Clean("/" + name)[1:]; name == "" {
		return "."
	}
	return name
}

// Open opens a file that a user of the call names.
func (c *Call) Open(name string) (fs.File, error) {
	return c.OpenFile(name, os.O_RDONLY, 0)
}

// OpenFile opens a file that a user of the call names, by the flags of os.OpenFile. The
// streams of the call are /dev/stdin, /dev/stdout and /dev/stderr. Once the process of the
// call is ended Read fails with that signal: so do programs end that read /dev/zero.
func (c *Call) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	at := c.Path(name)
	switch {
	case name == "":
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case at == "dev/stdin":
		return streamFile{r: c.Stdin, name: at}, nil
	case at == "dev/stdout":
		return streamFile{w: c.Stdout, name: at}, nil
	case at == "dev/stderr":
		return streamFile{w: c.Stderr, name: at}, nil
	}
	f, err := c.Files.OpenFile(at, flag, perm)
	if err != nil || c.process == nil {
		return f, err
	}
	return processFile{f, c.process.ctx}, nil
}

// maxRead is what ReadFile reads at most, 64 MiB.
const maxRead = 64 << 20

// ReadFile reads a file that a user of the call names.
func (c *Call) ReadFile(name string) ([]byte, error) {
	f, err := c.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxRead+1))
	if err == nil && len(text) > maxRead {
		return nil, &fs.PathError{Op: "read", Path: name, Err: ErrNoMemory}
	}
	return text, err
}

// A processFile is a file that a process has open, until ctx is done.
type processFile struct {
	File
	ctx context.Context
}

func (f processFile) Read(b []byte) (int, error) {
	if f.ctx.Err() != nil {
		return 0, context.Cause(f.ctx)
	}
	return f.File.Read(b)
}

// A streamFile is a stream of a call by a name.
type streamFile struct {
	r    io.Reader
	w    io.Writer
	name string
}

func (f streamFile) Close() error { return nil }

func (f streamFile) Stat() (fs.FileInfo, error) {
	return nil, &fs.PathError{Op: "stat", Path: f.name, Err: fs.ErrInvalid}
}

func (f streamFile) Read(b []byte) (int, error) {
	if f.r == nil {
		return 0, &fs.PathError{Op: "read", Path: f.name, Err: fs.ErrInvalid}
	}
	return f.r.Read(b)
}

func (f streamFile) Write(b []byte) (int, error) {
	if f.w == nil {
		return 0, &fs.PathError{Op: "write", Path: f.name, Err: fs.ErrInvalid}
	}
	return f.w.Write(b)
}

// noFiles are the files of a machine that has none.
type noFiles struct{}

func (noFiles) fail(op, name string) error {
	return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
}

func (n noFiles) Open(name string) (fs.File, error) { return nil, n.fail("open", name) }
func (n noFiles) OpenFile(name string, _ int, _ fs.FileMode) (File, error) {
	return nil, n.fail("open", name)
}
func (n noFiles) Mkdir(name string, _ fs.FileMode) error { return n.fail("mkdir", name) }
func (n noFiles) Remove(name string) error               { return n.fail("remove", name) }
func (n noFiles) Rename(from, _ string) error            { return n.fail("rename", from) }
