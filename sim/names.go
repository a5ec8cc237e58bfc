package sim

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"

	"drydock/dnsd"
	"drydock/sim/internal/netstack"
)

// Paths of the files by which names are found.
const (
	hostsPath      = "etc/hosts"
	resolvConfPath = "etc/resolv.conf"

	systemdResolvConfPath = "run/systemd/resolve/resolv.conf"
	hostnamePath          = "etc/hostname"
	servicesPath          = "etc/services"
)

// names is how the programs of a Netns find names: by /etc/hosts, then by the nameservers of
// /etc/resolv.conf, always in this order. Both are read anew for each lookup, so that what
// programs write counts at once. It implements netstack.Resolver.
type names struct {
	read    func(path string) string // returns the present text of a file
	sockets *netstack.Stack          // from which nameservers are asked
	seed    uint64
	local   func(host string) []netip.Addr // what the embedded resolver knows itself; nil: there is none

	hint func(host string) string // why a container with a name is not found, for Explain; nil: there are none

	mu     sync.Mutex
	conf   string       // +checklocks:mu
	client *dnsd.Client // +checklocks:mu
}

// dns returns a client for the present resolv.conf, nil if that has no nameservers.
func (n *names) dns() *dnsd.Client {
	text := n.read(resolvConfPath)
	n.mu.Lock()
	defer n.mu.Unlock()
	if text != n.conf {
		n.conf, n.client = text, nil
		if conf := dnsd.ParseResolvConf(text); len(conf.Nameservers) > 0 {
			n.client = &dnsd.Client{Conf: conf, Dial: n.sockets.DialContext, Seed: n.seed}
		}
	}
	return n.client
}

// LookupNetIP implements netstack.Resolver.
func (n *names) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if addrs := hostsAddrs(n.read(hostsPath), network, host); addrs != nil {
		return addrs, nil
	}
	if client := n.dns(); client != nil {
		return client.LookupNetIP(ctx, network, host)
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// knows returns the addresses of a name that are found without asking a nameserver, and where.
func (n *names) knows(host string) (addrs []netip.Addr, where string) {
	if addrs = hostsAddrs(n.read(hostsPath), "ip", host); addrs != nil {
		return addrs, "/etc/hosts"
	}
	if n.local != nil {
		return n.local(strings.TrimSuffix(host, ".")), "the embedded resolver"
	}
	return nil, ""
}

// Services returns /etc/services, where the names of ports are.
func (n *names) Services() string { return n.read(servicesPath) }

// LookupAddr returns the names of an address.
func (n *names) LookupAddr(ctx context.Context, a netip.Addr) ([]string, error) {
	if list := hostsNames(n.read(hostsPath), a.Unmap()); list != nil {
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
	names, _, err := ns.finder("lookup")
	if err == nil {
		if client := names.dns(); client != nil {
			return client.NetResolver()
		}
		err = errors.New("no nameserver in /etc/resolv.conf")
	}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, err }}
}

// knows is names.knows of the present owner; nil while it is not running.
func (ns *Netns) knows(host string) ([]netip.Addr, string) {
	names, _, err := ns.finder("explain")
	if err != nil {
		return nil, ""
	}
	return names.knows(host)
}
