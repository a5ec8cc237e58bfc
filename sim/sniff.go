package sim

import (
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"drydock/bridge"
	"drydock/drop"
	"drydock/internal/taps"
	"drydock/sim/internal/feed"
	"drydock/veth"
)

// A Place is where a frame passes or a packet is dropped: an interface, as "ip link" in its
// namespace names it. The ports of bridges belong to the host, and those of a LAN to "lan".
type Place struct {
	Owner  string // of the namespace: "host", or the container, "web"
	Device string // "eth0", "lo", "docker0", "veth1d2e3f4"; of a LAN's port what it leads to, "client eth0"; "" is the namespace itself, see DropsByPlace
	Master string // "docker0" of a port of it, "lan"
}

// Owner returns whose namespace it is, as the Owner of a Place: with WithNetworkOf that of another
// container, with WithHostNetwork the host's. It is "" while its container does not run.
func (ns *Netns) Owner() string {
	space, _, err := ns.open("owner")
	if err != nil {
		return ""
	}
	return space.owner()
}

// String returns "web eth0", and of a port "host veth1d2e3f4 (docker0)".
func (p Place) String() string {
	if p.Device == "" {
		return p.Owner // the namespace itself
	}
	s := p.Owner + " " + p.Device
	if p.Master != "" && p.Master != p.Owner {
		s += " (" + p.Master + ")"
	}
	return s
}

// A Sniffed is a frame that passes an interface, as a packet socket sees it. One that goes from
// container to container is seen four times: sent by the one, received and sent by the ports of
// the bridge, received by the other.
type Sniffed struct {
	Place Place
	veth.Tapped
}

// Sniff calls fn with each frame at the interfaces of the machine, at the ports of its bridges
// and at the interfaces of its containers, those to come included, until stop is called. Unless
// it is nil, only places are looked at that where wants. Frames of lo are seen once, as received.
//
// where must do nothing but look at the Place. fn runs in the goroutine that carries the frame: it
// must be quick, must not use the machine, and must not end the goroutine, as require and FailNow of a
// test do. It may still run in another goroutine when stop returns.
func (m *Machine) Sniff(where func(Place) bool, fn func(Sniffed)) (stop func()) {
	return m.watch.sniff(where, fn)
}

// Sniff is Machine.Sniff for the ports of the LAN.
func (l *LAN) Sniff(where func(Place) bool, fn func(Sniffed)) (stop func()) {
	return l.watch.sniff(where, fn)
}

// A tapper is what shows its frames.
type tapper interface {
	Tap(fn func(veth.Tapped)) (remove func())
}

// A dropper is a tapper that tells what it drops: the end of a cable.
type dropper interface {
	OnDrop(fn func(veth.Dropped)) (remove func())
	Drops() drop.Counts
}

// Watch is who looks at the frames of a machine or a LAN, and at what it drops.
type watch struct {
	drops  taps.List[Drop]
	faults feed.Feed[Fault]

	hooks sync.Map // of droppers, each with what removes the hook

	handles atomic.Uint32 // that qdiscs were given of their own

	mu       sync.Mutex
	sniffers []*sniffer              // +checklocks:mu
	spaces   map[*namespace]struct{} // +checklocks:mu
	// With the owner of the ports.
	bridges map[*bridge.Bridge]string // +checklocks:mu
}

// A sniffer is one Sniff. It is guarded by watch.mu.
type sniffer struct {
	where func(Place) bool // nil: all
	see   func(Sniffed)
	taps  map[tapper]func() // each with what removes it
}

func (s *sniffer) add(p Place, t tapper) {
	if s.taps[t] != nil || s.where != nil && !s.where(p) {
		return
	}
	s.taps[t] = t.Tap(func(f veth.Tapped) { s.see(Sniffed{p, f}) })
}

func (s *sniffer) remove(t tapper) {
	if remove := s.taps[t]; remove != nil {
		remove()
		delete(s.taps, t)
	}
}

// sniff notes the sniffer before it looks for what is there, so that nothing that comes
// meanwhile is missed.
func (w *watch) sniff(where func(Place) bool, see func(Sniffed)) (stop func()) {
	if see == nil {
		panic("sim: Sniff with a nil function")
	}
	s := &sniffer{where: where, see: see, taps: make(map[tapper]func())}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sniffers = append(w.sniffers, s)
	for ns := range w.spaces {
		for p, t := range ns.tappers() {
			s.add(p, t)
		}
	}
	for b, owner := range w.bridges {
		for p, t := range portTappers(owner, b) {
			s.add(p, t)
		}
	}
	return func() { w.stop(s) }
}

func (w *watch) stop(s *sniffer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sniffers = slices.DeleteFunc(w.sniffers, func(o *sniffer) bool { return o == s })
	for t := range s.taps {
		s.remove(t)
	}
}

// plugged is told of each interface and port before frames pass it, and unplugged when they do
// no more.
func (w *watch) plugged(p Place, t tapper) {
	if d, ok := t.(dropper); ok {
		w.hooks.Store(d, d.OnDrop(func(d veth.Dropped) { w.cableDropped(p, d) }))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.sniffers {
		s.add(p, t)
	}
}

func (w *watch) unplugged(t tapper) {
	if remove, ok := w.hooks.LoadAndDelete(t); ok {
		remove.(func())()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.sniffers {
		s.remove(t)
	}
}

// addSpace notes a namespace before it has interfaces but lo.
func (w *watch) addSpace(ns *namespace) {
	w.mu.Lock()
	if w.spaces == nil {
		w.spaces = make(map[*namespace]struct{})
	}
	w.spaces[ns] = struct{}{}
	w.mu.Unlock()
	w.plugged(ns.place("lo"), loopback{ns})
}

func (w *watch) removeSpace(ns *namespace) {
	w.unplugged(loopback{ns})
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.spaces, ns)
}

// addBridge notes a bridge before it has ports, removeBridge when it has none left.
func (w *watch) addBridge(owner string, b *bridge.Bridge) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bridges == nil {
		w.bridges = make(map[*bridge.Bridge]string)
	}
	w.bridges[b] = owner
}

func (w *watch) removeBridge(b *bridge.Bridge) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.bridges, b)
}

// A loopback is lo of a namespace.
type loopback struct{ space *namespace }

func (l loopback) Tap(fn func(veth.Tapped)) (remove func()) { return l.space.stack.TapLoopback(fn) }

// portTappers returns the ports of a bridge that are cables, but for the one that leads to the
// interface of the bridge itself.
func portTappers(owner string, b *bridge.Bridge) iter.Seq2[Place, tapper] {
	return func(yield func(Place, tapper) bool) {
		for _, p := range b.Ports() {
			t, ok := p.Endpoint().(tapper)
			if ok && !p.Local() && !yield(Place{owner, p.Name(), b.Name()}, t) {
				return
			}
		}
	}
}

// place returns the place of an interface.
func (ns *namespace) place(device string) Place { return Place{Owner: ns.owner(), Device: device} }

// tappers returns the interfaces that are there.
func (ns *namespace) tappers() iter.Seq2[Place, tapper] {
	ns.mu.Lock()
	cables := maps.Clone(ns.cables)
	ns.mu.Unlock()
	return func(yield func(Place, tapper) bool) {
		if !yield(ns.place("lo"), loopback{ns}) {
			return
		}
		for _, c := range cables {
			if !yield(ns.place(c.device), c.inside) {
				return
			}
		}
	}
}
