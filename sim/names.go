package sim

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"drydock/dnsd"
	"drydock/sim/internal/netstack"
)

// names is how the programs in a namespace find names: by /etc/hosts, then by the
// nameservers of /etc/resolv.conf. It implements netstack.Resolver.
type names struct {
	hosts hostsFile

	mu     sync.Mutex
	conf   string       // +checklocks:mu
	client *dnsd.Client // +checklocks:mu
}

// setConf sets resolv.conf, anew when a container first joins a network with names: programs
// that read the file then find the embedded resolver, as they do in a container of Docker. The
// client asks from the sockets of s.
func (n *names) setConf(text string, s *netstack.Stack, seed uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conf, n.client = text, nil
	conf := dnsd.ParseResolvConf(text)
	if len(conf.Nameservers) > 0 {
		n.client = &dnsd.Client{Conf: conf, Dial: s.DialContext, Seed: seed}
	}
}

func (n *names) dns() *dnsd.Client {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.client
}

func (n *names) resolvConf() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.conf
}

// LookupNetIP implements netstack.Resolver.
func (n *names) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	addrs, err := n.hosts.LookupNetIP(ctx, network, host)
	if client := n.dns(); err != nil && client != nil {
		return client.LookupNetIP(ctx, network, host)
	}
	return addrs, err
}

// LookupAddr returns the names of an address.
func (n *names) LookupAddr(ctx context.Context, a netip.Addr) ([]string, error) {
	if list := n.hosts.names(a.Unmap()); list != nil {
		return list, nil
	}
	if client := n.dns(); client != nil {
		return client.LookupAddr(ctx, a.String())
	}
	return nil, &net.DNSError{Err: "no such host", Name: a.String(), IsNotFound: true}
}

// Resolver returns a net.Resolver that asks the nameservers of the Netns, for code that insists
// on one. dnsd.Client.NetResolver says what of the real machine it looks at all the
// same, which LookupNetIP and dialing by name do not. It is of use until its owner stops.
func (ns *Netns) Resolver() *net.Resolver {
	space, _, err := ns.open("lookup")
	if err == nil {
		if client := space.names.dns(); client != nil {
			return client.NetResolver()
		}
		err = errors.New("no nameserver in /etc/resolv.conf")
	}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, err }}
}

// ReadFile returns what is in /etc/hosts, /etc/resolv.conf or /etc/hostname, the only
// files there. The error is a *fs.PathError.
func (ns *Netns) ReadFile(name string) ([]byte, error) {
	space, _, err := ns.open("open")
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	switch name {
	case "/etc/hosts":
		return []byte(space.names.hosts.String()), nil
	case "/etc/resolv.conf":
		return []byte(space.names.resolvConf()), nil
	case "/etc/hostname":
		return []byte(ns.Hostname() + "\n"), nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
}
