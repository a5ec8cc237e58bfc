package sim

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
)

// hostsTemplate is what Docker starts every /etc/hosts with.
const hostsTemplate = `127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::0	ip6-localnet
ff00::0	ip6-mcastprefix
ff02::1	ip6-allnodes
ff02::2	ip6-allrouters
`

// A hostsFile is the /etc/hosts of a network namespace, and all the names that a
// container of the default bridge knows. It implements netstack.Resolver. The zero
// hostsFile is Docker's template.
type hostsFile struct {
	mu    sync.Mutex // guards what follows
	extra []extraHost
	links []hostsLine
	own   string
}

// A hostsLine is that of a link.
type hostsLine struct {
	addr         netip.Addr
	alias, names string
}

// setExtra sets the lines that --add-host asks for.
func (f *hostsFile) setExtra(extra []extraHost) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.extra = extra
}

// addOwn adds the line that names the container itself; "a.b.c" is also known as
// "a".
func (f *hostsFile) addOwn(a netip.Addr, hostname string) {
	names := hostname
	if short, _, ok := strings.Cut(hostname, "."); ok {
		names += " " + short
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.own += a.String() + "\t" + names + "\n"
}

// removeOwn removes the lines that name the container itself.
func (f *hostsFile) removeOwn() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.own = ""
}

// setLink adds the line of a link, which has the alias to itself.
func (f *hostsFile) setLink(a netip.Addr, alias, names string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.links = append(f.links, hostsLine{a, alias, names})
}

// moveLink gives a link another address.
func (f *hostsFile) moveLink(a netip.Addr, alias string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.links {
		if f.links[i].alias == alias {
			f.links[i].addr = a
		}
	}
}

// String returns the text of the file.
func (f *hostsFile) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	text := hostsTemplate
	for _, e := range f.extra {
		text += e.addr.String() + "\t" + e.name + "\n"
	}
	for _, l := range f.links {
		text += l.addr.String() + "\t" + l.alias + " " + l.names + "\n"
	}
	return text + f.own
}

// LookupNetIP returns the addresses of host in the order of the file.
func (f *hostsFile) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	var addrs []netip.Addr
	for line := range strings.Lines(f.String()) {
		addr, names, _ := strings.Cut(line, "\t")
		for name := range strings.FieldsSeq(names) {
			if !strings.EqualFold(name, strings.TrimSuffix(host, ".")) {
				continue
			}
			a := netip.MustParseAddr(addr)
			if network == "ip" || (network == "ip4") == a.Is4() {
				addrs = append(addrs, a)
			}
			break
		}
	}
	if addrs == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return addrs, nil
}
