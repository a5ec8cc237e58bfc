package files

import (
	"io"
	"io/fs"
	"path"
	"sync"

	"drydock/sim/tools/command"
)

// extra are the entries of a directory that are bound or mounted in it.
func (t *Tree) extra(name string) []fs.DirEntry {
	var list []fs.DirEntry
	for at, get := range t.bound {
		if path.Dir(at) != name {
			continue
		}
		if f := get(); f != nil {
			i, _ := f.info(path.Base(at))
			list = append(list, fs.FileInfoToDirEntry(i))
		}
	}
	for at, get := range t.mounted {
		if path.Dir(at) != name {
			continue
		}
		if m := get(); m != nil {
			list = append(list, fs.FileInfoToDirEntry(m.dirInfo(path.Base(at))))
		}
	}
	return list
}

// openDirLocked opens a directory, which has the extra entries besides.
//
// +checklocks:t.mu
func (t *Tree) openDirLocked(d *dir, name string, extra []fs.DirEntry, m mode) (command.File, error) {
	switch {
	case m.exclusive:
		return nil, fs.ErrExist
	case m.write || m.create:
		return nil, command.ErrIsDir
	}
	i, _ := d.info(path.Base(name))
	return &dirFile{info: i, name: name, entries: t.entriesLocked(d, extra)}, nil
}

// entriesLocked returns what is in a directory, by name.
//
// +checklocks:t.mu
func (t *Tree) entriesLocked(d *dir, extra []fs.DirEntry) []fs.DirEntry {
	found := make(map[string]fs.DirEntry)
	if d.below != "" {
		entries, _ := t.layers.ReadDir(d.below)
		for _, e := range entries {
			if i, err := e.Info(); err == nil {
				if i.Mode()&fs.ModeSymlink != 0 {
					i, err = t.layers.Stat(path.Join(d.below, e.Name()))
				}
				if err == nil {
					found[e.Name()] = fs.FileInfoToDirEntry(lowerInfo(i, e.Name()))
				}
			}
		}
	}
	for name, n := range d.children {
		delete(found, name)
		if n == nil {
			continue
		}
		if i, err := n.info(name); err == nil {
			found[name] = fs.FileInfoToDirEntry(i)
		}
	}
	for _, e := range extra {
		found[e.Name()] = e
	}
	return sorted(found)
}

// lowerInfo describes a file or directory of the layers below.
func lowerInfo(i fs.FileInfo, name string) fs.FileInfo {
	if i.IsDir() {
		sub := dir{mode: i.Mode() & dirBits, time: i.ModTime()}
		d, _ := sub.info(name)
		return d
	}
	return named{i, name}
}

// A dirFile is a directory that is open. It has what was in it then.
type dirFile struct {
	info fs.FileInfo
	name string

	mu      sync.Mutex
	entries []fs.DirEntry // +checklocks:mu
}

func (f *dirFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *dirFile) Close() error               { return nil }

func (f *dirFile) Read([]byte) (int, error) { return 0, pathError("read", f.name, command.ErrIsDir) }

func (f *dirFile) Write([]byte) (int, error) {
	return 0, pathError("write", f.name, fs.ErrPermission)
}

// ReadDir implements fs.ReadDirFile.
func (f *dirFile) ReadDir(n int) ([]fs.DirEntry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n <= 0 {
		n = len(f.entries)
	} else if len(f.entries) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(f.entries))
	list := f.entries[:n:n]
	f.entries = f.entries[n:]
	return list, nil
}

// Stat implements fs.StatFS: for a description nothing is opened or made.
func (t *Tree) Stat(name string) (fs.FileInfo, error) {
	i, err := t.stat(name)
	if err != nil {
		return nil, pathError("stat", name, err)
	}
	return i, nil
}

func (t *Tree) stat(name string) (fs.FileInfo, error) {
	if err := check(name); err != nil {
		return nil, err
	}
	if made, rest := t.mountedAt(name); made != nil {
		return made.stat(rest, path.Base(name))
	}
	if f := t.boundAt(name); f != nil {
		return f.info(path.Base(name))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if name == "." {
		return t.root.info(name)
	}
	_, base, n, err := t.findLocked(name)
	switch {
	case err != nil:
		return nil, err
	case n == nil:
		return nil, fs.ErrNotExist
	}
	i, err := n.info(base)
	return i, cause(err)
}

// isEmptyLocked reports whether there is nothing in a directory.
//
// +checklocks:t.mu
func (t *Tree) isEmptyLocked(d *dir) bool { return len(t.entriesLocked(d, nil)) == 0 }
