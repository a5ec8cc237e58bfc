package files

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Layers are read-only file systems, the first on top. They are one, too.
type Layers []fs.FS

// Stat implements fs.StatFS: it describes the topmost file of a name.
func (l Layers) Stat(name string) (fs.FileInfo, error) {
	for _, layer := range l {
		if i, err := fs.Stat(layer, name); err == nil {
			return i, nil
		}
	}
	return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}

// Open implements fs.FS: it opens the topmost file of a name. A directory that is opened so has
// only what is in its layer, see ReadDir.
func (l Layers) Open(name string) (fs.File, error) {
	for _, layer := range l {
		if _, err := fs.Stat(layer, name); err == nil {
			return layer.Open(name)
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// ReadDir implements fs.ReadDirFS: it returns what is in a directory of all layers, down to one in
// which it is something else. A layer that cannot list it has nothing there.
func (l Layers) ReadDir(name string) ([]fs.DirEntry, error) {
	if _, err := l.Stat(name); err != nil {
		return nil, err
	}
	found := make(map[string]fs.DirEntry)
	for _, layer := range l {
		i, err := fs.Stat(layer, name)
		switch {
		case err != nil:
			continue
		case !i.IsDir():
			return sorted(found), nil
		}
		entries, _ := fs.ReadDir(layer, name)
		for _, e := range entries {
			if _, hidden := found[e.Name()]; !hidden && fs.ValidPath(e.Name()) && !strings.Contains(e.Name(), "/") {
				found[e.Name()] = e
			}
		}
	}
	return sorted(found), nil
}

// sorted returns the entries by name.
func sorted(m map[string]fs.DirEntry) []fs.DirEntry {
	return slices.SortedFunc(maps.Values(m), func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
}
