package files

import (
	"io"
	"io/fs"
	"time"

	"drydock/sim/tools/command"
)

// A node is what a name stands for: a *dir, a *File, a *lower or a device.
type node interface {
	// info describes it by that name.
	info(name string) (fs.FileInfo, error)
}

// A dir is a directory. It belongs to Tree.mu.
type dir struct {
	mode  fs.FileMode
	time  time.Time
	below string // the directory of the layers below that it goes on with; "" is none

	// Nil for a name of below that was removed.
	children map[string]node
}

// dirBits are those that a directory keeps of its mode: /tmp is sticky.
const dirBits = fs.ModePerm | fs.ModeSticky

func (d *dir) set(name string, n node) {
	if d.children == nil {
		d.children = make(map[string]node)
	}
	d.children[name] = n
}

func (d *dir) info(name string) (fs.FileInfo, error) {
	return info{name: name, mode: fs.ModeDir | d.mode, time: d.time, size: 4096}, nil
}

// A lower is a file of the layers below, perhaps by another name than there.
type lower struct {
	at     string
	layers Layers
}

func (l *lower) info(name string) (fs.FileInfo, error) {
	i, err := l.layers.Stat(l.at)
	if err != nil {
		return nil, err
	}
	return named{i, name}, nil
}

// A device is /dev/null, or /dev/zero if it has zeros to read.
type device struct {
	zeros bool
	time  time.Time
}

func (d device) info(name string) (fs.FileInfo, error) {
	return info{name: name, mode: fs.ModeDevice | fs.ModeCharDevice | 0o666, time: d.time}, nil
}

// A deviceFile is a device that is open.
type deviceFile struct {
	device
	name string
}

func (f deviceFile) Stat() (fs.FileInfo, error)     { return f.info(f.name) }
func (f deviceFile) Write(b []byte) (int, error)    { return len(b), nil }
func (f deviceFile) Close() error                   { return nil }
func (f deviceFile) Seek(int64, int) (int64, error) { return 0, nil }
func (f deviceFile) Read(b []byte) (n int, err error) {
	if !f.zeros {
		return 0, io.EOF
	}
	clear(b)
	return len(b), nil
}

// AddDevices adds /dev/null and /dev/zero.
func (t *Tree) AddDevices() error {
	for name, d := range map[string]device{"dev/null": {}, "dev/zero": {zeros: true}} {
		d.time = t.now()
		if err := t.add(name, d); err != nil {
			return pathError("mknod", name, err)
		}
	}
	return nil
}

// add adds a node by a name that is free.
func (t *Tree) add(name string, n node) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	d, base, old, err := t.findLocked(name)
	switch {
	case err != nil:
		return err
	case old != nil:
		return fs.ErrExist
	case !t.quota.take(0, 1):
		return command.ErrNoSpace
	}
	t.linkLocked(d, base, n)
	return nil
}

// An info describes a file.
type info struct {
	name string
	mode fs.FileMode
	time time.Time
	size int64
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return i.time }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }

// A named is the FileInfo of a file of a layer, by the name that it has here. All that is not a
// directory is a regular file: what a layer makes of links is its own business.
type named struct {
	fs.FileInfo
	name string
}

func (n named) Name() string      { return n.name }
func (n named) Mode() fs.FileMode { return n.FileInfo.Mode().Perm() }
func (n named) Sys() any          { return nil }
