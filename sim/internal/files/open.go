package files

import (
	"io"
	"io/fs"
	"os"
	"path"

	"drydock/sim/tools/command"
)

// umask is that of processes.
const umask = 0o022

// A mode is how a file is to be opened.
type mode struct {
	read, write, append, create, exclusive, truncate bool
	perm                                             fs.FileMode
}

func newMode(flag int, perm fs.FileMode) mode {
	access := flag & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)
	m := mode{
		read: access != os.O_WRONLY, write: access != os.O_RDONLY,
		append: flag&os.O_APPEND != 0, create: flag&os.O_CREATE != 0, perm: perm.Perm() &^ umask,
	}
	m.exclusive = m.create && flag&os.O_EXCL != 0
	m.truncate = m.write && flag&os.O_TRUNC != 0
	return m
}

// Open implements fs.FS.
func (t *Tree) Open(name string) (fs.File, error) { return t.OpenFile(name, os.O_RDONLY, 0) }

// OpenFile implements command.Files. Of what perm has nine bits count, less those of the
// umask 022.
func (t *Tree) OpenFile(name string, flag int, perm fs.FileMode) (command.File, error) {
	f, err := t.open(name, newMode(flag, perm))
	if err != nil {
		return nil, pathError("open", name, err)
	}
	return f, nil
}

func (t *Tree) open(name string, m mode) (command.File, error) {
	if err := check(name); err != nil {
		return nil, err
	}
	if made, rest := t.mountedAt(name); made != nil {
		return made.open(rest, name, m)
	}
	if f := t.boundAt(name); f != nil {
		return openFile(f, name, m)
	}
	extra := t.extra(name)
	t.mu.Lock()
	defer t.mu.Unlock()
	if name == "." {
		return t.openDirLocked(t.root, name, extra, m)
	}
	d, base, n, err := t.findLocked(name)
	if err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case nil:
		return t.createLocked(d, base, name, m)
	case *dir:
		return t.openDirLocked(n, name, extra, m)
	case *File:
		return openFile(n, name, m)
	case *lower:
		return t.openLowerLocked(d, n, name, m)
	case device:
		if m.exclusive {
			return nil, fs.ErrExist
		}
		return deviceFile{n, base}, nil
	}
	return nil, fs.ErrInvalid
}

// createLocked opens a file that is not there.
//
// +checklocks:t.mu
func (t *Tree) createLocked(d *dir, base, name string, m mode) (command.File, error) {
	if !m.create {
		return nil, fs.ErrNotExist
	}
	f, err := t.newFileLocked(d, base, m.perm)
	if err != nil {
		return nil, err
	}
	m.exclusive = false
	return openFile(f, name, m)
}

// newFileLocked adds an empty file to a directory.
//
// +checklocks:t.mu
func (t *Tree) newFileLocked(d *dir, base string, perm fs.FileMode) (*File, error) {
	if !t.quota.take(0, 1) {
		return nil, command.ErrNoSpace
	}
	f := &File{quota: t.quota, now: t.now, mode: perm, time: t.now()}
	t.linkLocked(d, base, f)
	return f, nil
}

func openFile(f *File, name string, m mode) (command.File, error) {
	if m.exclusive {
		return nil, fs.ErrExist
	}
	f.open(m.truncate)
	return &handle{file: f, name: name, mode: m}, nil
}

// openLowerLocked opens a file of the layers below, which it copies if it is to be written.
//
// +checklocks:t.mu
func (t *Tree) openLowerLocked(d *dir, l *lower, name string, m mode) (command.File, error) {
	if m.exclusive {
		return nil, fs.ErrExist
	}
	below, err := l.layers.Open(l.at)
	if err != nil {
		return nil, cause(err)
	}
	if !m.write {
		return &lowerFile{below, name}, nil
	}
	defer below.Close()
	i, err := below.Stat()
	if err != nil {
		return nil, cause(err)
	}
	f, err := t.newFileLocked(d, path.Base(name), i.Mode().Perm())
	if err != nil {
		return nil, err
	}
	if !m.truncate {
		if _, err = io.Copy(writer{f}, below); err != nil {
			f.remove()
			t.quota.give(0, 1)
			t.linkLocked(d, path.Base(name), l)
			return nil, cause(err)
		}
	}
	return openFile(f, name, m)
}

// A writer appends to a file.
type writer struct{ f *File }

func (w writer) Write(b []byte) (int, error) {
	n, _, err := w.f.writeAt(b, -1)
	return n, err
}
