package nat

import "sync"

// Some matches share what they remember with all rules that give it the same name: recent
// its lists of addresses, hashlimit its buckets. Linux counts the rules of a name and
// forgets with the last of them; here, when such rules have gone, those that are left are
// looked through.

// A sharedName says what is shared. hashlimit of IPv4 and of IPv6 do not share.
type sharedName struct {
	match, name string
	v6          bool
}

// A sharer is a match whose state has a name.
type sharer interface{ sharedName(v6 bool) sharedName }

// A named is all that is shared.
type named struct {
	mu sync.Mutex // guards by
	by map[sharedName]any
}

// shared returns what has a name, made if it is new.
func shared[T any](on *host, n sharedName, make func() T) T {
	on.named.mu.Lock()
	defer on.named.mu.Unlock()
	if found, ok := on.named.by[n]; ok {
		return found.(T)
	}
	if on.named.by == nil {
		on.named.by = map[sharedName]any{}
	}
	made := make()
	on.named.by[n] = made
	return made
}

// shares reports whether a match of r is a sharer.
func (r *rule) shares() bool {
	for _, m := range r.Matches {
		if _, ok := m.(sharer); ok {
			return true
		}
	}
	return false
}

// prune forgets the names that no rule has any more. The caller holds the lock of the
// changes of one family, whose state it gives; names that are both families' may be
// held by a rule of the other, so that both have to be free of it.
func (h *host) prune(v6 bool, s *state) {
	used := map[sharedName]bool{}
	for _, t := range s.tables {
		for _, c := range t.chains {
			if c == nil {
				continue
			}
			for _, r := range c.all() {
				for _, m := range r.Matches {
					if m, ok := m.(sharer); ok {
						used[m.sharedName(v6)] = true
					}
				}
			}
		}
	}
	h.named.mu.Lock()
	defer h.named.mu.Unlock()
	for n := range h.named.by {
		if n.v6 == v6 && !used[n] {
			delete(h.named.by, n)
		}
	}
}
