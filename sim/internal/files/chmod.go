package files

import (
	"io/fs"
	"os"

	"drydock/sim/tools/command"
)

// Chmod changes the permissions of a file, which is copied if it is one of the layers below, or of
// a directory.
func (t *Tree) Chmod(name string, mode fs.FileMode) error {
	return pathError("chmod", name, t.chmod(name, mode))
}

func (t *Tree) chmod(name string, mode fs.FileMode) error {
	if err := check(name); err != nil {
		return err
	}
	if made, rest := t.mountedAt(name); made != nil {
		return made.refuseRemoval(rest)
	}
	if f := t.boundAt(name); f != nil {
		f.chmod(mode)
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if name == "." {
		t.root.mode = mode & dirBits
		return nil
	}
	d, base, n, err := t.findLocked(name)
	if err != nil {
		return err
	}
	switch n := n.(type) {
	case nil:
		return fs.ErrNotExist
	case *dir:
		n.mode = mode & dirBits
	case *File:
		n.chmod(mode)
	case *lower:
		opened, err := t.openLowerLocked(d, n, name, newMode(os.O_WRONLY, 0))
		if err != nil {
			return err
		}
		defer opened.Close()
		d.children[base].(*File).chmod(mode)
	default:
		return fs.ErrPermission
	}
	return nil
}

// Usage returns how many bytes programs may write altogether, and how many of them are free.
func (t *Tree) Usage() (size, free int) {
	t.quota.mu.Lock()
	defer t.quota.mu.Unlock()
	return t.size, t.quota.bytes
}

var _ interface {
	command.Files
	Chmod(string, fs.FileMode) error
	Usage() (int, int)
} = (*Tree)(nil)
