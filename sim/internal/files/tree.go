package files

import (
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	"drydock/sim/tools/command"
)

// Limits bound what programs may write to a Tree. Whoever goes beyond gets
// command.ErrNoSpace.
type Limits struct {
	Bytes int // in files
	Files int // files and directories
}

// Options are what a Tree is made of.
type Options struct {
	Layers []fs.FS // read-only, the first wins; nil ones are none
	Limits Limits

	// Bound are files kept by others. A function that returns nil says that there is none at
	// present: the name is then one like others. What is bound can be neither removed nor
	// renamed.
	Bound map[string]func() *File

	// Mounted are directories with a Made in the place of what the other layers have there,
	// unless the function returns nil.
	Mounted map[string]func() *Made

	// Now tells the time of changes; nil is time.Now.
	Now func() time.Time
}

// A Tree is a file system of a machine or a container. It implements command.Files, its
// directories fs.ReadDirFile and its regular files io.Seeker. It is safe for concurrent use.
type Tree struct {
	layers  Layers
	bound   map[string]func() *File
	mounted map[string]func() *Made
	quota   *quota
	size    int // of the quota, in bytes
	now     func() time.Time

	mu sync.Mutex // also guards the directories and devices that root leads to
	// +checklocks:mu
	root *dir
}

var _ command.Files = (*Tree)(nil)

// New returns a Tree in which nothing is written yet.
func New(o Options) *Tree {
	t := &Tree{bound: o.Bound, mounted: o.Mounted, quota: newQuota(o.Limits), size: o.Limits.Bytes, now: o.Now}
	if t.now == nil {
		t.now = time.Now
	}
	for _, l := range o.Layers {
		if l != nil {
			t.layers = append(t.layers, l)
		}
	}
	t.root = &dir{mode: 0o755, time: t.now(), below: "."}
	return t
}

// What the kernel allows of a name.
const (
	nameMax = 255
	pathMax = 4096
)

// check refuses names that no file can have.
func check(name string) error {
	if !fs.ValidPath(name) {
		return fs.ErrInvalid
	}
	if len(name) >= pathMax {
		return command.ErrNameTooLong
	}
	for element := range strings.SplitSeq(name, "/") {
		if len(element) > nameMax {
			return command.ErrNameTooLong
		}
	}
	return nil
}

// boundAt returns the file that is bound to a name, nil if there is none.
func (t *Tree) boundAt(name string) *File {
	if at := t.bound[name]; at != nil {
		return at()
	}
	return nil
}

// mountedAt returns the Made that a name is in, and the name there.
func (t *Tree) mountedAt(name string) (m *Made, rest string) {
	for at, get := range t.mounted {
		rest, below := strings.CutPrefix(name, at+"/")
		if name == at {
			rest, below = ".", true
		}
		if !below {
			continue
		}
		if m := get(); m != nil {
			return m, rest
		}
	}
	return nil, ""
}

// holds reports whether something is bound or mounted at a name or below it.
func (t *Tree) holds(name string) bool {
	is := func(at string) bool { return at == name || strings.HasPrefix(at, name+"/") }
	for at, get := range t.bound {
		if is(at) && get() != nil {
			return true
		}
	}
	for at, get := range t.mounted {
		if is(at) && get() != nil {
			return true
		}
	}
	return false
}

// childLocked returns what a directory has by a name, nil if that is nothing. A directory of
// the layers below is entered into the tree, since something may be written in it.
//
// +checklocks:t.mu
func (t *Tree) childLocked(d *dir, name string) node {
	if n, ok := d.children[name]; ok || d.below == "" {
		return n
	}
	at := path.Join(d.below, name)
	i, err := t.layers.Stat(at)
	if err != nil {
		return nil
	}
	if !i.IsDir() {
		return &lower{at: at, layers: t.layers}
	}
	sub := &dir{mode: i.Mode() & dirBits, time: i.ModTime(), below: at}
	d.set(name, sub)
	return sub
}

// dirLocked returns the directory of a name.
//
// +checklocks:t.mu
func (t *Tree) dirLocked(name string) (*dir, error) {
	d := t.root
	if name == "." {
		return d, nil
	}
	for _, element := range strings.Split(name, "/") {
		switch n := t.childLocked(d, element).(type) {
		case nil:
			return nil, fs.ErrNotExist
		case *dir:
			d = n
		default:
			return nil, command.ErrNotDir
		}
	}
	return d, nil
}

// findLocked returns the directory that a name other than "." is in, the last element of the
// name, and what there is by it, nil if that is nothing.
//
// +checklocks:t.mu
func (t *Tree) findLocked(name string) (d *dir, base string, n node, err error) {
	if d, err = t.dirLocked(path.Dir(name)); err != nil {
		return nil, "", nil, err
	}
	base = path.Base(name)
	return d, base, t.childLocked(d, base), nil
}

// unlinkLocked takes a name from a directory, and remembers that if a layer below has it.
//
// +checklocks:t.mu
func (t *Tree) unlinkLocked(d *dir, name string) {
	d.time = t.now()
	if d.below != "" {
		if _, err := t.layers.Stat(path.Join(d.below, name)); err == nil {
			d.set(name, nil)
			return
		}
	}
	delete(d.children, name)
}

// linkLocked gives a directory a name for something.
//
// +checklocks:t.mu
func (t *Tree) linkLocked(d *dir, name string, n node) {
	d.time = t.now()
	d.set(name, n)
}

// pathError is the error of a call.
func pathError(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// Written returns how many bytes are in what was written.
func (t *Tree) Written() int {
	t.quota.mu.Lock()
	defer t.quota.mu.Unlock()
	return t.quota.first.Bytes - t.quota.bytes
}
