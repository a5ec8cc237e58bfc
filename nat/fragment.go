package nat

import (
	"net/netip"
	"sync"
	"time"

	"drydock/drop"
	wire "drydock/internal/packet"
	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// Only the first fragment of a datagram says of which connection it is. Linux puts
// datagrams together first; here the first fragment goes the way of a whole packet, and
// those that follow share its connection, translation, mark and verdict. One that comes
// before the first, or whose first was dropped, is dropped, and so is a first one that
// does not hold all of the transport header: rules would be asked about what they
// cannot see, and the rest would follow unasked (RFC 1858, section 3).

const (
	maxFragments    = 1024             // datagrams that are remembered
	fragmentTimeout = 30 * time.Second // net.ipv4.ipfrag_time
)

// A fragmentKey tells the fragments of one datagram from all others.
type fragmentKey struct {
	src, dst netip.Addr
	id       uint32
	proto    uint8 // of IPv4; that of IPv6 lies behind other headers in the first fragment
}

// A datagram is what its first fragment has found out.
type datagram struct {
	ref     *conntrack.Ref
	mark    uint32
	expires tcpip.MonotonicTime
}

// fragments are the datagrams whose fragments may yet come.
type fragments struct {
	mu        sync.Mutex // guards the rest
	datagrams map[fragmentKey]datagram
	order     []fragmentKey // of arrival; from next on, and round
	next      int
}

// fragmentKey is the zero key for whole packets, which have no datagram to be found by.
func (p *packet) fragmentKey() fragmentKey {
	if p.layout.Fragment == wire.Whole {
		return fragmentKey{}
	}
	k := fragmentKey{src: p.src, dst: p.dst, id: p.layout.ID}
	if !p.v6 {
		k.proto = p.proto
	}
	return k
}

// add remembers a datagram, in the place of the oldest if there is no room.
func (f *fragments) add(k fragmentKey, d datagram) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.datagrams == nil {
		f.datagrams = make(map[fragmentKey]datagram)
	}
	_, known := f.datagrams[k]
	f.datagrams[k] = d
	switch {
	case known:
	case len(f.order) < maxFragments:
		f.order = append(f.order, k)
	default:
		delete(f.datagrams, f.order[f.next])
		f.order[f.next] = k
		f.next = (f.next + 1) % maxFragments
	}
}

// find returns what is known of a datagram, if that is not too old.
func (f *fragments) find(k fragmentKey, now tcpip.MonotonicTime) (datagram, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, ok := f.datagrams[k]
	return d, ok && now.Before(d.expires)
}

// forget makes the fragments of a datagram be dropped, whichever key they come by.
func (f *fragments) forget(k fragmentKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if d, ok := f.datagrams[k]; ok {
		d.expires = tcpip.MonotonicTime{}
		f.datagrams[k] = d
	}
}

// remember keeps what a first fragment has found out for those that follow: by what
// they look like when they come, and by what when they have been translated.
func (t *Tables) remember(p *packet, arrived fragmentKey) bool {
	if p.layout.Fragment != wire.First {
		return true
	}
	d := datagram{ref: p.ref(), mark: p.pkt.Mark, expires: t.now().Add(fragmentTimeout)}
	t.frags.add(arrived, d)
	if k := p.fragmentKey(); k != arrived {
		t.frags.add(k, d)
	}
	return true
}

// forgetFragments makes the fragments that follow p, which is dropped, be dropped too.
func (t *Tables) forgetFragments(p *packet) {
	if p.layout.Fragment != wire.First {
		return
	}
	k := p.fragmentKey()
	t.frags.forget(k)
	if p.conn != nil && !p.related {
		arrived := p.conn.Tuple(p.dir)
		k.src, k.dst = arrived.Src, arrived.Dst
		t.frags.forget(k)
	}
}

// follow makes a fragment what its first one became at this hook.
func (t *Tables) follow(p *packet) bool {
	d, ok := t.frags.find(p.fragmentKey(), t.now())
	if !ok {
		return t.drop(p, drop.Fragment)
	}
	p.setRef(d.ref)
	p.pkt.Mark = d.mark
	if p.hook == forward || p.conn == nil {
		return true
	}
	m := p.hook.manip()
	if p.conn.Status()&m.inDir(p.dir).translated() == 0 {
		return true
	}
	target, ok := p.conn.Tuple(1 - p.dir).Invert()
	if !ok {
		return true
	}
	return t.rewrite(p, m, *end(&target, m), 0)
}
