package ports

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// A Binding is a published port: a port of a container, and where on the host it
// can be reached. It is comparable.
type Binding struct {
	Port     Port
	HostAddr netip.Addr // 0.0.0.0 and :: are all addresses of their family
	HostPort uint16
}

// String returns a line of "docker port": "80/tcp -> 0.0.0.0:8080".
func (b Binding) String() string { return fmt.Sprintf("%v -> %s", b.Port, b.host()) }

// host returns "0.0.0.0:8080" or, without brackets as Docker, ":::8080".
func (b Binding) host() string { return fmt.Sprintf("%v:%d", b.HostAddr, b.HostPort) }

// Network returns the network to listen on, of one family: "tcp4", "udp6".
func (b Binding) Network() string {
	if b.HostAddr.Is4() {
		return b.Port.Proto.String() + "4"
	}
	return b.Port.Proto.String() + "6"
}

// Host returns the address to listen on.
func (b Binding) Host() netip.AddrPort { return netip.AddrPortFrom(b.HostAddr, b.HostPort) }

// List returns what "docker port CONTAINER [PORT]" prints, a line for each binding.
// Without a port these are all, with their ports; the ports are in order, the
// bindings of one as they are given. A port is "80", "80/tcp" or "80/udp"; if it has
// no binding the error is a *NotPublishedError.
func List(container string, bindings []Binding, port string) (string, error) {
	var out strings.Builder
	if port == "" {
		bindings = slices.Clone(bindings)
		slices.SortStableFunc(bindings, func(a, b Binding) int { return a.Port.Compare(b.Port) })
		for _, b := range bindings {
			fmt.Fprintln(&out, b)
		}
		return out.String(), nil
	}
	number, proto := port, "tcp"
	if before, after, _ := strings.Cut(port, "/"); after != "" {
		number, proto = before, after
	}
	s, err := parseSpan(number)
	if err != nil {
		return "", err
	}
	want := s.String() + "/" + proto
	for _, b := range bindings {
		if b.Port.String() == want {
			fmt.Fprintln(&out, b.host())
		}
	}
	if out.Len() == 0 {
		return "", &NotPublishedError{Container: container, Port: number + "/" + proto}
	}
	return out.String(), nil
}

// A NotPublishedError is a port that a container does not publish.
type NotPublishedError struct {
	Container string
	Port      string // "80/udp"
}

// Error returns Docker's message; the docker command prints "Error: " before it.
func (e *NotPublishedError) Error() string {
	return fmt.Sprintf("No public port '%s' published for %s", e.Port, e.Container)
}
