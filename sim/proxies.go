package sim

import (
	"maps"
	"net/netip"
	"strconv"
	"sync"

	"drydock/sim/internal/netstack"
)

// Proxies are the processes docker-proxy, one for each published port. Their sockets are
// opened together; addresses tell which is whose.
type proxies struct {
	mu sync.Mutex
	of map[*publishedPort]proxy // +checklocks:mu

	asAsked bool // they answer datagrams from the address that was asked; set when the host is made
}

// A proxy is a process in the host's table.
type proxy struct {
	pid int
	end func()
}

// add starts the process of a port. Without --userland-proxy there is none.
func (x *proxies) add(p *publisher, port *publishedPort) {
	if !p.daemon().UserlandProxy || port.proxy == nil {
		return
	}
	host, target := port.binding.Host(), port.target
	process, end := p.processes.Add(append([]string{
		"/usr/sbin/docker-proxy", "-proto", port.binding.Port.Proto.String(),
		"-host-ip", host.Addr().String(), "-host-port", strconv.Itoa(int(host.Port())),
		"-container-ip", target.Addr().String(), "-container-port", strconv.Itoa(int(target.Port())),
	}, p.engine.ProxyFlags()...))
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.of == nil {
		x.of = make(map[*publishedPort]proxy)
	}
	x.of[port] = proxy{process.PID, end}
}

// remove ends the process of a port, if there is one.
func (x *proxies) remove(port *publishedPort) {
	x.mu.Lock()
	p, ok := x.of[port]
	delete(x.of, port)
	x.mu.Unlock()
	if ok {
		p.end()
	}
}

func (x *proxies) all() map[*publishedPort]proxy {
	x.mu.Lock()
	defer x.mu.Unlock()
	return maps.Clone(x.of)
}

// A proxyEnd is what a socket of a proxy has: the address that it listens on, or the one that
// it dials.
type proxyEnd struct {
	network string // "tcp"
	addr    netip.AddrPort
}

// pids returns a function that tells the process of a socket, 0 if that is none. Of several
// that dial the same port, as those of IPv4 and IPv6, it is the one with the lowest number.
func (x *proxies) pids() func(netstack.Socket) int {
	ends := make(map[proxyEnd]int)
	note := func(network string, addr netip.AddrPort, pid int) {
		if other, ok := ends[proxyEnd{network, addr}]; !ok || pid < other {
			ends[proxyEnd{network, addr}] = pid
		}
	}
	for port, p := range x.all() {
		network := port.binding.Port.Proto.String()
		note(network, port.binding.Host(), p.pid)
		note(network, port.target, p.pid)
	}
	return func(s netstack.Socket) int {
		for _, addr := range []netip.AddrPort{
			s.Local, netip.AddrPortFrom(netip.IPv4Unspecified(), s.Local.Port()), netip.AddrPortFrom(netip.IPv6Unspecified(), s.Local.Port()), s.Remote,
		} {
			if pid, ok := ends[proxyEnd{s.Network, addr}]; ok {
				return pid
			}
		}
		return 0
	}
}
