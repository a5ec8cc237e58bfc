package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"drydock/nat"
	"drydock/sim"
	"drydock/veth"
)

// A lab is two peers, each on a LAN behind a NAT, and a server between the NATs.
type lab struct {
	opts   []sim.MachineOption
	server *sim.Machine
	peers  [2]*sim.Machine
	open   []io.Closer
}

func newLab(one, two nat.Target, opts ...sim.MachineOption) (_ *lab, err error) {
	l := &lab{opts: opts}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	internet, err := l.lan()
	if err != nil {
		return nil, err
	}
	// What crosses the Internet takes a while, so that packets of both sides pass each other.
	if err := internet.Impair(veth.Impairment{Delay: 20 * time.Millisecond}, veth.Impairment{}); err != nil {
		return nil, err
	}
	if l.server, err = l.machine("server", uplink(internet, "203.0.113.100/24")); err != nil {
		return nil, err
	}
	for i, how := range []nat.Target{one, two} {
		home, err := l.lan()
		if err != nil {
			return nil, err
		}
		gateway := fmt.Sprintf("10.0.%d.1", i+1)
		_, err = l.machine(fmt.Sprintf("nat%d", i+1), uplink(home, gateway+"/24"),
			uplink(internet, fmt.Sprintf("203.0.113.%d/24", i+1)), sim.WithNAT(internet, how))
		if err != nil {
			return nil, err
		}
		if l.peers[i], err = l.machine(fmt.Sprintf("peer%d", i+1), uplink(home, fmt.Sprintf("10.0.%d.2/24", i+1))); err != nil {
			return nil, err
		}
		if err := l.peers[i].AddRoute(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParseAddr(gateway)); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func uplink(lan *sim.LAN, addr string) sim.MachineOption {
	return sim.WithUplink(lan, netip.MustParsePrefix(addr))
}

func (l *lab) lan() (*sim.LAN, error) {
	lan, err := sim.NewLAN()
	if err == nil {
		l.open = append(l.open, lan)
	}
	return lan, err
}

func (l *lab) machine(name string, opts ...sim.MachineOption) (*sim.Machine, error) {
	m, err := sim.NewMachine(append(append(opts, l.opts...), sim.WithName(name))...)
	if err == nil {
		l.open = append(l.open, m)
	}
	return m, err
}

func (l *lab) close() {
	for i := len(l.open) - 1; i >= 0; i-- {
		l.open[i].Close()
	}
}

// A puncher meets the peer of a machine, and calls through when the two have heard each other. It
// returns when the context is done, so that the other one has its answers, too.
type puncher func(ctx context.Context, m *sim.Machine, through func()) error

// patience is how long peers try.
const patience = 5 * time.Second

// punch has the server tell two peers of each other, who then punch. It reports whether both got
// through.
func (l *lab) punch(ctx context.Context, meet func(ctx context.Context, server *sim.Machine) (io.Closer, error), f puncher) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	server, err := meet(ctx, l.server)
	if err != nil {
		return false, err
	}
	defer server.Close()
	left := int32(len(l.peers))
	errs := make(chan error)
	for _, m := range l.peers {
		once := sync.OnceFunc(func() {
			if atomic.AddInt32(&left, -1) == 0 {
				cancel()
			}
		})
		go func() { errs <- f(ctx, m, once) }()
	}
	err = errors.Join(<-errs, <-errs)
	return atomic.LoadInt32(&left) == 0, err
}

// The server listens at one port, the peers send from the other one.
const serverPort, peerPort = ":3478", 5000

const server = "203.0.113.100" + serverPort
