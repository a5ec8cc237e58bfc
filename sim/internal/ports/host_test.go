package ports

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A host is the machine of the recordings: it publishes ports of containers as
// Docker does, on addresses that it has, and lets processes listen.
type host struct {
	alloc     Allocator
	listening map[string]netip.AddrPort // by network and address
	running   map[string][]Binding
	network   netip.Addr // what is published on without an address
}

func newHost() *host {
	return &host{listening: make(map[string]netip.AddrPort), running: make(map[string][]Binding)}
}

var hostAddrs = []string{"0.0.0.0", "::", "127.0.0.1", "::1", "172.16.80.10", "172.17.0.1"}

// listen fails as Linux's bind: a wildcard and an address exclude each other.
func (h *host) listen(b Binding) error {
	fail := func(text string) error {
		addr := net.TCPAddrFromAddrPort(b.Host())
		return &net.OpError{Op: "listen", Net: b.Network(), Addr: addr, Err: os.NewSyscallError("bind", errors.New(text))}
	}
	if !slices.Contains(hostAddrs, b.HostAddr.String()) {
		return fail("cannot assign requested address")
	}
	for key, other := range h.listening {
		if strings.HasPrefix(key, b.Network()) && other.Port() == b.HostPort &&
			(other.Addr() == b.HostAddr || other.Addr().IsUnspecified() || b.HostAddr.IsUnspecified()) {
			return fail("address already in use")
		}
	}
	h.listening[key(b)] = b.Host()
	return nil
}

func key(b Binding) string { return fmt.Sprint(b.Network(), b.Host()) }

// process has a program of the host listen, or end if it does.
func (h *host) process(b Binding) {
	if _, ok := h.listening[key(b)]; ok {
		delete(h.listening, key(b))
		return
	}
	h.listening[key(b)] = b.Host()
}

func (h *host) run(name string, published []Publication, exposed []Port, all bool) error {
	plan, _ := Plan(published, exposed, all)
	for _, p := range plan {
		for _, addr := range p.HostAddrs(h.network) {
			b, err := h.alloc.Bind(Request{Publication: p, Addrs: []netip.Addr{addr}}, h.listen, nil)
			if err != nil {
				h.stop(name)
				return err
			}
			h.running[name] = append(h.running[name], b...)
		}
	}
	return nil
}

func (h *host) stop(name string) {
	for _, b := range h.running[name] {
		h.alloc.Release(b)
		delete(h.listening, key(b))
	}
	delete(h.running, name)
}

// docker runs "run NAME [-P] [-p SPEC]... [--expose SPEC]... IMAGE" or "stop NAME...",
// and returns what Docker prints after "Error response from daemon: driver failed
// programming external connectivity on endpoint NAME (…): ".
func (h *host) docker(t *testing.T, command string) string {
	t.Helper()
	words := strings.Fields(command)
	if words[0] == "stop" {
		for _, name := range words[1:] {
			h.stop(name)
		}
		return ""
	}
	name, image := words[1], words[len(words)-1]
	exposed := images[image]
	var published []Publication
	all := false
	for i := 2; i < len(words)-1; i++ {
		switch words[i] {
		case "-P":
			all = true
		case "-p":
			i++
			pubs, err := Parse(words[i])
			require.NoError(t, err)
			published = append(published, pubs...)
		case "--expose":
			i++
			ports, err := ParseExposed(words[i])
			require.NoError(t, err)
			exposed = append(slices.Clone(exposed), ports...)
		}
	}
	if err := h.run(name, published, exposed, all); err != nil {
		return err.Error()
	}
	return ""
}

// images have the ports that those of the recordings expose.
var images = map[string][]Port{
	"centos": nil,
	"nginx":  {{80, TCP}},
	"multi":  multi,
	"multip": slices.DeleteFunc(slices.Clone(multi), func(p Port) bool { return p.Proto == SCTP }),
}

var multi = []Port{
	{53, TCP}, {53, UDP}, {80, TCP}, {132, SCTP}, {443, TCP}, {8002, TCP}, {8003, TCP}, {8004, TCP}, {9000, TCP},
}

// list returns the lines of "docker port NAME".
func (h *host) list(t *testing.T, name string) string {
	t.Helper()
	bindings := slices.Clone(h.running[name])
	slices.SortStableFunc(bindings, func(a, b Binding) int { return a.Port.Compare(b.Port) })
	var out strings.Builder
	for _, b := range bindings {
		fmt.Fprintln(&out, b)
	}
	return out.String()
}

func lines(s ...string) string { return strings.Join(s, "\n") + "\n" }

// sortedLines is for what Docker prints in random order: the ports, but the
// bindings of each stay as they are.
func sortedLines(s ...string) string {
	number := func(line string) (n int) {
		fmt.Sscan(strings.Replace(line, "/", " ", 1), &n)
		return n
	}
	slices.SortStableFunc(s, func(a, b string) int {
		portA, _, _ := strings.Cut(a, " ")
		portB, _, _ := strings.Cut(b, " ")
		return cmp.Or(cmp.Compare(number(a), number(b)), cmp.Compare(portA, portB))
	})
	return lines(s...)
}
