package files

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// layers are read-only file systems, the first on top.
type layers []fs.FS

// stat describes the topmost file of a name.
func (l layers) stat(name string) (fs.FileInfo, error) {
	for _, layer := range l {
		if i, err := fs.Stat(layer, name); err == nil {
			return i, nil
		}
	}
	return nil, fs.ErrNotExist
}

// open opens the topmost file of a name, which is no directory.
func (l layers) open(name string) (fs.File, error) {
	for _, layer := range l {
		if _, err := fs.Stat(layer, name); err == nil {
			return layer.Open(name)
		}
	}
	return nil, fs.ErrNotExist
}

// readDir returns what is in a directory of all layers, down to one in which it is something
// else. A layer that cannot list it has nothing there.
func (l layers) readDir(name string) []fs.DirEntry {
	found := make(map[string]fs.DirEntry)
	for _, layer := range l {
		i, err := fs.Stat(layer, name)
		switch {
		case err != nil:
			continue
		case !i.IsDir():
			return sorted(found)
		}
		entries, _ := fs.ReadDir(layer, name)
		for _, e := range entries {
			if _, hidden := found[e.Name()]; !hidden && fs.ValidPath(e.Name()) && !strings.Contains(e.Name(), "/") {
				found[e.Name()] = e
			}
		}
	}
	return sorted(found)
}

// sorted returns the entries by name.
func sorted(m map[string]fs.DirEntry) []fs.DirEntry {
	return slices.SortedFunc(maps.Values(m), func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
}
