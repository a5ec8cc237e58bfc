package tooltest

import (
	"io/fs"
	"os"
	"testing/fstest"

	"drydock/sim/tools/command"
)

// Files are text files by name, "etc/services", that can be read.
type Files map[string]string

func (f Files) Open(name string) (fs.File, error) {
	m := fstest.MapFS{}
	for n, text := range f {
		m[n] = &fstest.MapFile{Data: []byte(text)}
	}
	return m.Open(name)
}

func (f Files) OpenFile(name string, flag int, _ fs.FileMode) (command.File, error) {
	if flag&(os.O_WRONLY|os.O_RDWR) != 0 {
		return nil, f.refuse("open", name)
	}
	file, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	return readOnly{file}, nil
}

func (f Files) refuse(op, name string) error {
	return &fs.PathError{Op: op, Path: name, Err: fs.ErrPermission}
}

func (f Files) Mkdir(name string, _ fs.FileMode) error { return f.refuse("mkdir", name) }
func (f Files) Remove(name string) error               { return f.refuse("remove", name) }
func (f Files) Rename(from, _ string) error            { return f.refuse("rename", from) }

type readOnly struct{ fs.File }

func (r readOnly) Write([]byte) (int, error) { return 0, fs.ErrPermission }
