package sim

import (
	"fmt"
	"strings"
)

// Rename gives the container another name: "docker rename". Networks know it by the new name
// at once, and no more by the old one. Lines and variables of links have the new name when
// the container that they belong to starts again. Links on networks of one's own stay with
// the old name, since that is what was noted.
func (c *Container) Rename(name string) error {
	const op = "rename container"
	defer c.change()()
	if err := c.gone(op); err != nil {
		return err
	}
	name = strings.TrimPrefix(name, "/")
	old := c.Name()
	switch {
	case strings.TrimSpace(name) == "":
		return newError(op, old, ErrName, c.host.says.RenameEmpty)
	case name == old:
		return newError(op, old, ErrExists, c.host.says.RenameSame)
	}
	if err := c.take(name); err != nil {
		return &Error{Op: op, Name: old, Err: err.Err, message: fmt.Sprintf(c.host.says.Rename, err)}
	}
	c.anonymous = false
	for _, l := range c.live() {
		if err := c.announce(l); err != nil {
			return err
		}
	}
	c.event("rename", "oldName", "/"+old)
	return nil
}

// take changes the name if nobody has it. It is asked for and given under one lock, so that of
// two that want a name one has it.
func (c *Container) take(name string) *Error {
	const op = "rename container"
	if !nameRE.MatchString(name) {
		return errBadName(c.host.says, op, "/"+name)
	}
	h := c.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.checkFreeLocked(op, name); err != nil {
		return err
	}
	delete(h.byName, c.Name())
	h.byName[name] = c
	c.setName(name)
	return nil
}
