package sim

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"drydock/sim/internal/engine"
)

// A hostsFile is the /etc/hosts of a network namespace, and all the names that a container of
// the default bridge knows. It implements netstack.Resolver. The zero hostsFile is that of a
// machine, which has what Docker Engine 20.10.24 starts every file with.
type hostsFile struct {
	mu sync.Mutex
	// Nil: that of the zero hostsFile.
	engine  engine.Engine // +checklocks:mu
	content engine.Hosts  // +checklocks:mu
}

// An extraHost is a line that --add-host adds to /etc/hosts.
type extraHost struct {
	spec string // as it was asked for
	name string
	addr netip.Addr
}

// begin makes f that of a container, with the lines that --add-host asks for.
func (f *hostsFile) begin(e engine.Engine, extra []extraHost) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.engine = e
	for _, x := range extra {
		f.content.Extra = append(f.content.Extra, engine.Host{Addr: x.addr, Name: x.name})
	}
}

// addOwn adds the line that names the container itself.
func (f *hostsFile) addOwn(a netip.Addr, hostname string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.content.Own = append(f.content.Own, engine.Host{Addr: a, Name: hostname})
}

// leave takes away the lines that a container loses with a network.
func (f *hostsFile) leave(network string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.content.Own = f.engine.OwnHosts(f.content.Own, network)
}

// setLink adds the line of a link, which has the alias to itself.
func (f *hostsFile) setLink(l engine.LinkedHost) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.content.Links = append(f.content.Links, l)
}

// moveLink gives a link another address.
func (f *hostsFile) moveLink(a netip.Addr, alias string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.content.Links {
		if f.content.Links[i].Alias == alias {
			f.content.Links[i].Addr = a
		}
	}
}

// String returns the text of the file.
func (f *hostsFile) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.engine == nil {
		return engine.Docker20.Hosts(f.content)
	}
	return f.engine.Hosts(f.content)
}

// LookupNetIP returns the addresses of host in the order of the file. It reads the text that
// programs would read, so that what is printed and what is found cannot differ.
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

// names returns the names of the lines that start with a.
func (f *hostsFile) names(a netip.Addr) []string {
	var names []string
	for line := range strings.Lines(f.String()) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != a.String() {
			continue
		}
		for _, name := range fields[1:] {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
