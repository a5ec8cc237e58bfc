package sim

import (
	"iter"
	"slices"
	"sort"
	"strings"

	"github.com/fvbommel/sortorder"
)

// Network returns the network with that name or ID.
func (h *Host) Network(name string) (*Network, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.networks {
		if n.name == name || n.ID() == name {
			return n, true
		}
	}
	return nil, false
}

// networkNamed returns the network with that name or ID, else the one whose ID begins so if no other
// does: dockerd takes that for the network of a container.
func (h *Host) networkNamed(name string) (*Network, bool) {
	if n, ok := h.Network(name); ok || name == "" {
		return n, ok
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var found *Network
	for _, n := range h.networks {
		switch {
		case !strings.HasPrefix(n.ID(), name):
		case found != nil:
			return nil, false
		default:
			found = n
		}
	}
	return found, found != nil
}

// Networks returns the networks by name, numbers in names by their value, as "docker
// network ls" does: Zed, alpha, n9, n10.
func (h *Host) Networks() iter.Seq[*Network] {
	h.mu.Lock()
	list := slices.Clone(h.networks)
	h.mu.Unlock()
	sort.Slice(list, func(i, j int) bool { return sortorder.NaturalLess(list[i].name, list[j].name) })
	return slices.Values(list)
}

// Container returns the container with that ID, else the one with that name, else the
// one with an ID that begins so if no other does. "client/alias" is what the container
// "client" is linked to.
func (h *Host) Container(name string) (*Container, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.findLocked(name)
	return c, c != nil
}

// +checklocks:h.mu
func (h *Host) findLocked(name string) *Container {
	if client, alias, ok := strings.Cut(strings.TrimPrefix(name, "/"), "/"); ok {
		return h.linkedLocked(client, alias)
	}
	var byName *Container
	var byPrefix []*Container
	for _, c := range h.containers {
		switch {
		case c.id == name:
			return c
		case c.Name() == strings.TrimPrefix(name, "/"):
			byName = c
		case name != "" && strings.HasPrefix(c.id, name):
			byPrefix = append(byPrefix, c)
		}
	}
	if byName == nil && len(byPrefix) == 1 {
		return byPrefix[0]
	}
	return byName
}

// linkedLocked returns the container that a link of the default bridge leads to. To dockerd
// such a link is a name of its target, by which it can be inspected and removed.
//
// +checklocks:h.mu
func (h *Host) linkedLocked(client, alias string) *Container {
	for _, c := range h.containers {
		for _, l := range c.legacyLinks() {
			if c.Name() == client && l.name == alias && slices.Contains(h.containers, l.target) {
				return l.target
			}
		}
	}
	return nil
}
