package files

import (
	"io/fs"
	"strings"

	"drydock/sim/tools/command"
)

// Mkdir implements command.Files.
func (t *Tree) Mkdir(name string, perm fs.FileMode) error {
	return pathError("mkdir", name, t.mkdir(name, perm.Perm()&^umask))
}

func (t *Tree) mkdir(name string, perm fs.FileMode) error {
	if err := check(name); err != nil {
		return err
	}
	if made, rest := t.mountedAt(name); made != nil {
		return made.refuse(rest)
	}
	if name == "." || t.boundAt(name) != nil {
		return fs.ErrExist
	}
	return t.add(name, &dir{mode: perm, time: t.now()})
}

// Remove implements command.Files.
func (t *Tree) Remove(name string) error { return pathError("remove", name, t.remove(name)) }

func (t *Tree) remove(name string) error {
	if err := check(name); err != nil {
		return err
	}
	if made, rest := t.mountedAt(name); made != nil && rest != "." {
		return made.refuseRemoval(rest)
	}
	if name == "." || t.bindsAt(name) {
		return command.ErrBusy
	}
	held := t.holds(name)
	t.mu.Lock()
	defer t.mu.Unlock()
	d, base, n, err := t.findLocked(name)
	switch {
	case err != nil:
		return err
	case n == nil:
		return fs.ErrNotExist
	}
	if sub, ok := n.(*dir); ok && (held || !t.isEmptyLocked(sub)) {
		return command.ErrNotEmpty
	}
	t.forget(n)
	t.unlinkLocked(d, base)
	return nil
}

// bindsAt reports whether something is bound or mounted at a name itself.
func (t *Tree) bindsAt(name string) bool {
	made, rest := t.mountedAt(name)
	return made != nil && rest == "." || t.boundAt(name) != nil
}

// forget gives back what a node took of the quota. Those of the layers below took nothing: they
// cannot become more than there are.
func (t *Tree) forget(n node) {
	switch n := n.(type) {
	case *File:
		n.remove()
	case *dir:
		if n.below != "" {
			return
		}
	case *lower:
		return
	}
	t.quota.give(0, 1)
}

// Rename implements command.Files. Directories of the layers below can be renamed as well,
// which costs nothing.
func (t *Tree) Rename(from, to string) error {
	return pathError("rename", from, t.rename(from, to))
}

func (t *Tree) rename(from, to string) error {
	for _, name := range []string{from, to} {
		if err := check(name); err != nil {
			return err
		}
		if made, rest := t.mountedAt(name); made != nil && rest != "." {
			return made.refuseRemoval(rest)
		}
		if name == "." || t.holds(name) {
			return command.ErrBusy
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.renameLocked(from, to)
}

// +checklocks:t.mu
func (t *Tree) renameLocked(from, to string) error {
	fromDir, fromBase, n, err := t.findLocked(from)
	if err != nil {
		return err
	}
	toDir, toBase, old, err := t.findLocked(to)
	if err != nil {
		return err
	}
	if n == nil {
		return fs.ErrNotExist
	}
	if _, isDir := n.(*dir); isDir && strings.HasPrefix(to, from+"/") {
		return fs.ErrInvalid
	}
	if strings.HasPrefix(from, to+"/") {
		return command.ErrNotEmpty
	}
	if fromDir == toDir && fromBase == toBase {
		return nil
	}
	if err := t.replaceableLocked(old, n); err != nil {
		return err
	}
	if old != nil {
		t.forget(old)
	}
	t.unlinkLocked(fromDir, fromBase)
	t.linkLocked(toDir, toBase, n)
	return nil
}

// replaceableLocked is why a file or directory cannot take the place of an old one.
//
// +checklocks:t.mu
func (t *Tree) replaceableLocked(old, n node) error {
	_, isDir := n.(*dir)
	oldDir, wasDir := old.(*dir)
	switch {
	case old == nil:
		return nil
	case wasDir && !isDir:
		return command.ErrIsDir
	case isDir && !wasDir:
		return command.ErrNotDir
	case wasDir && !t.isEmptyLocked(oldDir):
		return command.ErrNotEmpty
	}
	return nil
}
