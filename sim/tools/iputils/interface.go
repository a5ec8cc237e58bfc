package iputils

import (
	"net/netip"
	"slices"

	"drydock/sim"
)

// from is what the first line tells of -I.
func (p *run) from(source netip.Addr) string {
	if p.device == "" && !p.source.IsValid() {
		return ""
	}
	if p.device != "" && !p.source.IsValid() && !p.has(source) {
		p.Errorf("%s: Warning: source address might be selected on device other than: %s\n", p.name, p.device)
	}
	return "from " + source.String() + " " + p.device + ": "
}

// has reports whether the interface of -I has an address.
func (p *run) has(a netip.Addr) bool {
	return slices.ContainsFunc(p.m.Interfaces(), func(i sim.Interface) bool {
		return i.Name == p.device && slices.ContainsFunc(i.Addrs, func(own netip.Prefix) bool { return own.Addr() == a.WithZone("") })
	})
}

// checkInterface refuses an interface that there is not, in words that differ between ping's code
// for IPv4 and that for IPv6. An address of the other version says nothing.
func (p *run) checkInterface() (status int) {
	if p.source.IsValid() && p.source.Is4() != p.dst.Is4() {
		p.source = netip.Addr{}
	}
	switch {
	case p.device == "" || slices.ContainsFunc(p.m.Interfaces(), func(i sim.Interface) bool { return i.Name == p.device }):
		return 0
	case p.dst.Is6():
		return p.fail(2, "unknown iface: %s", p.device)
	}
	return p.fail(2, "SO_BINDTODEVICE %s: No such device", p.device)
}

// printSockets is what -v tells first: the sockets of both versions, unless one was asked for.
// They are datagrams, which net.ipv4.ping_group_range allows to all.
func (p *run) printSockets() {
	if !p.verbose || p.centos {
		return
	}
	const none = "-1 (socktype: 0)"
	v4, v6, family := "3 (socktype: SOCK_DGRAM)", "4 (socktype: SOCK_DGRAM)", "AF_UNSPEC"
	switch p.family {
	case 4:
		v6, family = none, "AF_INET"
	case 6:
		v4, v6, family = none, v4, "AF_INET6"
	}
	p.Errorf("%s: sock4.fd: %s, sock6.fd: %s, hints.ai_family: %s\n\n", p.name, v4, v6, family)
}

// printAddress is what -v tells of each address that is tried.
func (p *run) printAddress(a netip.Addr) {
	if !p.verbose || p.centos {
		return
	}
	family := "AF_INET"
	if a.Is6() {
		family = "AF_INET6"
	}
	p.Printf("ai->ai_family: %s, ai->ai_canonname: '%s'\n", family, p.hostname)
}

func (p *run) printVersion() (status int) {
	if p.centos {
		p.Printf("ping utility, iputils-s20180629\n")
		return 0
	}
	p.Printf("ping from iputils 20221126\nlibcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes\n")
	return 0
}
