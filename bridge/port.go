package bridge

import (
	"fmt"
	"sync/atomic"
	"time"

	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Port is a port of a bridge, made by AddPort. Its methods are safe for
// concurrent use.
type Port struct {
	name     string
	bridge   *Bridge
	egress   egress
	isolated bool
	hairpin  bool
	local    bool
	own      addr   // the bridge's address, if local
	stations []addr // static ones, own included
	owner    any

	ready    chan struct{} // closed when the endpoint has been attached
	attached atomic.Bool   // false: frames of the endpoint are ignored

	// Frames enter and leave by different goroutines; the padding keeps them from
	// sharing a cache line.
	_     [64]byte
	rx    counter
	drops drop.Counters
	_     [64]byte
	tx    counter
}

func newPort(b *Bridge, name string, ep stack.LinkEndpoint, opts []PortOption) (*Port, error) {
	p := &Port{name: name, bridge: b, ready: make(chan struct{})}
	for _, opt := range opts {
		if err := opt(p); err != nil {
			return nil, err
		}
	}
	if ep == nil || ep.ARPHardwareType() != header.ARPHardwareEther {
		return nil, ErrNotEthernet
	}
	if ep.IsAttached() {
		return nil, ErrAttached
	}
	p.egress = newEgress(ep)
	return p, nil
}

// detach lets go of the endpoint. It waits for AddPort to have attached it.
func (p *Port) detach() {
	<-p.ready
	p.egress.ep.Attach(nil)
}

// Name returns the name that AddPort was given.
func (p *Port) Name() string { return p.name }

// Bridge returns the bridge of the port.
func (p *Port) Bridge() *Bridge { return p.bridge }

// Endpoint returns what AddPort was given.
func (p *Port) Endpoint() stack.LinkEndpoint { return p.egress.ep }

// Owner returns what WithOwner was given, else nil.
func (p *Port) Owner() any { return p.owner }

// Local reports whether this is the port of the bridge itself.
func (p *Port) Local() bool { return p.local }

// An Entry is one station in the forwarding table.
type Entry struct {
	MAC    MAC
	Port   *Port         // leads to the station
	Static bool          // by WithStation or Local: does not age or move
	Local  bool          // the address of the bridge itself
	Age    time.Duration // since the station was last heard; 0 if Static
}

// String returns e as "bridge fdb show" prints it, without trailing space:
// "02:42:ac:11:00:02 dev veth25e0e69 master docker0", with "permanent" behind it
// for the bridge's own address and "static" for other static ones.
func (e Entry) String() string {
	s := fmt.Sprintf("%v dev %s master %s", e.MAC, e.Port.Name(), e.Port.Bridge().Name())
	switch {
	case e.Local:
		return s + " permanent"
	case e.Static:
		return s + " static"
	}
	return s
}
