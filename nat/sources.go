package nat

import (
	"maps"
	"net/netip"
	"sync"

	"drydock/nat/conntrack"
)

// A sources knows, for each source that was translated, the latest of its connections that live
// (Linux's nf_nat_bysource). What it has become there it is to become towards other peers, too, if it
// can: so MASQUERADE keeps the port that a machine inside is seen with.
type sources struct {
	mu   sync.Mutex // guards by and most; taken before the locks of conntrack
	by   map[natPort]*conntrack.Conn
	most int // sources, before those without a connection are looked for
}

func sourceOf(t conntrack.Tuple) natPort {
	return natPort{t.Proto, netip.AddrPortFrom(t.Src, t.SrcPort)}
}

// add makes c the latest connection of its source.
func (s *sources) add(h *host, c *conntrack.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.by) >= s.most {
		for at, c := range s.by {
			if !h.conns.Alive(c) {
				delete(s.by, at)
			}
		}
		s.most = max(64, 2*len(s.by))
	}
	if s.by == nil {
		s.by = make(map[natPort]*conntrack.Conn)
	}
	s.by[sourceOf(c.Tuple(conntrack.Original))] = c
}

// copyTo gives another table the same connections.
func (s *sources) copyTo(other *sources) {
	s.mu.Lock()
	defer s.mu.Unlock()
	other.by, other.most = maps.Clone(s.by), s.most
}

// find makes the source of t what it has become elsewhere. It is false if nothing is known.
func (s *sources) find(h *host, t *conntrack.Tuple) bool {
	s.mu.Lock()
	c := s.by[sourceOf(*t)]
	s.mu.Unlock()
	if c == nil || !h.conns.Alive(c) {
		return false
	}
	now, ok := c.Tuple(conntrack.Reply).Invert()
	t.Src = now.Src
	setPort(t, source, now.SrcPort)
	return ok
}
