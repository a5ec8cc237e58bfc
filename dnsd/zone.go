package dnsd

import (
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// A Host is what one container is called on a network.
type Host struct {
	// Name is what its addresses are called in turn: with the name of the network
	// behind it, it is the answer to reverse lookups.
	Name string

	// Aliases are further names. Other hosts may have them too, also as their
	// Name: then all are answered.
	Aliases []string

	// Addrs are of either family, or none: such a host is known but has no
	// address.
	Addrs []netip.Addr
}

// A Zone is the names of the hosts of one network, shared by the resolvers of all
// containers in it. Names know no case. Each is also known with the name of the
// network behind it. A Zone is made by NewZone and safe for concurrent use; changes
// hold from the next query on.
type Zone struct {
	network string

	mu      sync.RWMutex       // guards what follows, never while a query is answered
	hosts   map[string]Host    // by id
	names   map[string]*holder // by name in lower case
	reverse map[string]pointer // by name below in-addr.arpa. or ip6.arpa.
}

// A holder is who has a name. Its slices only grow; who shrinks them makes new
// ones, because queries read them without the lock.
type holder struct {
	ids    []string // in order of their coming
	v4, v6 []netip.Addr
}

// A pointer is the name of an address.
type pointer struct {
	id   string
	fqdn string
}

// NewZone returns the empty zone of a network. Names that end in the network's are
// compared with it as it is written, case included, as Docker does.
func NewZone(network string) *Zone {
	return &Zone{
		network: network,
		hosts:   make(map[string]Host),
		names:   make(map[string]*holder),
		reverse: make(map[string]pointer),
	}
}

// Network returns the name of the network.
func (z *Zone) Network() string { return z.network }

// Set makes h the host with an id of the caller's choice, in place of the one that
// had it before, if any: no query sees neither or both. The error is an *Error that
// wraps ErrName or ErrAddr.
func (z *Zone) Set(id string, h Host) error {
	h, err := h.normal()
	if err != nil {
		return err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.deleteLocked(id)
	z.hosts[id] = h
	for _, name := range h.names() {
		e := z.names[name]
		if e == nil {
			e = new(holder)
			z.names[name] = e
		}
		e.ids = append(e.ids, id)
		for _, a := range h.Addrs {
			e.add(a)
		}
	}
	for _, a := range h.Addrs {
		z.reverse[reverseName(a)] = pointer{id: id, fqdn: dns.Fqdn(h.Name + "." + z.network)}
	}
	return nil
}

// Delete removes the host with an id, if there is one.
func (z *Zone) Delete(id string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.deleteLocked(id)
}

// Len returns the number of hosts.
func (z *Zone) Len() int {
	z.mu.RLock()
	defer z.mu.RUnlock()
	return len(z.hosts)
}

// Has reports whether a host has a name, which is given in lower case and without that of the
// network.
func (z *Zone) Has(name string) bool {
	_, _, known := z.lookup(name)
	return known
}

func (z *Zone) deleteLocked(id string) {
	h, ok := z.hosts[id]
	if !ok {
		return
	}
	delete(z.hosts, id)
	for _, name := range h.names() {
		z.releaseLocked(name, id, h)
	}
	for _, a := range h.Addrs {
		if key := reverseName(a); z.reverse[key].id == id {
			delete(z.reverse, key)
		}
	}
}

// releaseLocked takes a name from h, which is gone already.
func (z *Zone) releaseLocked(name, id string, h Host) {
	old := z.names[name]
	rest := &holder{ids: without(old.ids, id), v4: without(old.v4, h.Addrs...), v6: without(old.v6, h.Addrs...)}
	if len(rest.ids) == 0 {
		delete(z.names, name)
		return
	}
	z.names[name] = rest
	for _, other := range rest.ids {
		for _, a := range z.hosts[other].Addrs {
			if slices.Contains(h.Addrs, a) { // both had it
				rest.add(a)
			}
		}
	}
}

// without returns a new list.
func without[T comparable](list []T, gone ...T) []T {
	rest := make([]T, 0, len(list))
	for _, v := range list {
		if !slices.Contains(gone, v) {
			rest = append(rest, v)
		}
	}
	return rest
}

// add adds an address once.
func (e *holder) add(a netip.Addr) {
	list := &e.v6
	if a.Is4() {
		list = &e.v4
	}
	if !slices.Contains(*list, a) {
		*list = append(*list, a)
	}
}

// lookup returns the addresses of a name in lower case. The caller must not change
// them.
func (z *Zone) lookup(name string) (v4, v6 []netip.Addr, known bool) {
	z.mu.RLock()
	defer z.mu.RUnlock()
	if e := z.names[name]; e != nil {
		return e.v4, e.v6, true
	}
	return nil, nil, false
}

// pointer returns the name that the reverse name of an address stands for.
func (z *Zone) pointer(name string) (fqdn string, ok bool) {
	z.mu.RLock()
	defer z.mu.RUnlock()
	p, ok := z.reverse[name]
	return p.fqdn, ok
}

// normal returns h checked, and with slices of its own.
func (h Host) normal() (Host, error) {
	fail := func(err error) (Host, error) { return Host{}, &Error{Op: "set host", Name: h.Name, Err: err} }
	if h.Name == "" || slices.Contains(h.Aliases, "") {
		return fail(ErrName)
	}
	addrs := make([]netip.Addr, len(h.Addrs))
	for i, a := range h.Addrs {
		if !a.IsValid() || a.IsUnspecified() {
			return fail(ErrAddr)
		}
		addrs[i] = a.Unmap().WithZone("")
	}
	return Host{Name: h.Name, Aliases: slices.Clone(h.Aliases), Addrs: addrs}, nil
}

// names returns all names in lower case, each once, in no order that counts.
func (h Host) names() []string {
	list := []string{strings.ToLower(h.Name)}
	for _, alias := range h.Aliases {
		list = append(list, strings.ToLower(alias))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// reverseName returns the name that PTR records of a valid address have.
func reverseName(a netip.Addr) string {
	name, _ := dns.ReverseAddr(a.String())
	return name
}
