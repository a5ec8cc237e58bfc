package bench

import (
	"context"
	"drydock/bench/load"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"drydock/dnsd"
	"drydock/sim"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// A crowd is the containers c0, c1 … of a network of their own, and the embedded
// resolver of c0.
type crowd struct {
	containers []*sim.Container
	resolver   dns.Handler
}

// An asker returns the address of a name.
type asker func(name string) (netip.Addr, error)

// BenchmarkResolve looks up the names of a thousand containers of a network, from one
// of them: by calls of its embedded resolver, with messages to 127.0.0.11:53, and as
// programs do; in "all" from each in turn. In kernel-loopback the same resolver answers on a socket of the kernel.
func BenchmarkResolve(b *testing.B) {
	all := openCrowd(b, 1000)
	for _, way := range []struct {
		name string
		open func(*testing.B, *crowd) func() asker
	}{
		{"call", openCall},
		{"udp", openUDP},
		{"lookup", openLookup},
		{"all", openAll},
		{"kernel-loopback", openRealUDP},
	} {
		for _, clients := range []int{1, load.Workers} {
			b.Run(fmt.Sprintf("%s/clients=%d", way.name, clients), func(b *testing.B) {
				all.resolve(b, clients, way.open(b, all))
			})
		}
	}
}

func openCrowd(b *testing.B, n int) *crowd {
	all := new(crowd)
	host, err := sim.NewHost(sim.WithResolver(func(h dns.Handler) dns.Handler {
		if all.resolver == nil {
			all.resolver = h
		}
		return h
	}))
	require.NoError(b, err)
	b.Cleanup(func() { host.Close() })
	network, err := host.CreateNetwork("net")
	require.NoError(b, err)
	for i := range n {
		c, err := host.Run(fmt.Sprint("c", i), sim.WithNetwork(network))
		require.NoError(b, err)
		all.containers = append(all.containers, c)
	}
	require.IsType(b, new(dnsd.Resolver), all.resolver)
	return all
}

// resolve has clients ask, each with an asker of its own and for all names in turn.
func (all *crowd) resolve(b *testing.B, clients int, newAsker func() asker) {
	askers, next := make([]asker, clients), make([]int, clients)
	times := make([][]time.Duration, clients)
	for i := range askers {
		askers[i], next[i] = newAsker(), i*len(all.containers)/clients
	}
	b.ReportAllocs()
	load.Share(b, clients, func(worker int) error {
		c := all.containers[next[worker]%len(all.containers)]
		next[worker]++
		start := time.Now()
		addr, err := askers[worker](c.Name())
		times[worker] = append(times[worker], time.Since(start))
		if err == nil && addr != c.IP() {
			err = fmt.Errorf("%s is %v, not %v", c.Name(), addr, c.IP())
		}
		return err
	})
	b.StopTimer()
	load.PerSecond(b, "queries")
	load.ReportTimes(b, slices.Concat(times...))
}

// A replyWriter keeps the reply to a query.
type replyWriter struct {
	dns.ResponseWriter
	reply *dns.Msg
}

func (w *replyWriter) RemoteAddr() net.Addr { return &net.UDPAddr{} }

func (w *replyWriter) WriteMsg(m *dns.Msg) error {
	w.reply = m
	return nil
}

// openCall calls the resolver.
func openCall(_ *testing.B, all *crowd) func() asker {
	return func() asker {
		return func(name string) (netip.Addr, error) {
			w := new(replyWriter)
			all.resolver.ServeDNS(w, new(dns.Msg).SetQuestion(name+".", dns.TypeA))
			return address(w.reply)
		}
	}
}

// openUDP asks from sockets of the container.
func openUDP(b *testing.B, all *crowd) func() asker {
	return askOver(b, all.containers[0].DialContext, "127.0.0.11:53")
}

// openRealUDP serves on a socket of the kernel, and asks from such.
func openRealUDP(b *testing.B, all *crowd) func() asker {
	pc, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- dnsd.Serve(ctx, all.resolver, pc, nil) }()
	b.Cleanup(func() {
		cancel()
		require.NoError(b, <-ended)
	})
	return askOver(b, new(net.Dialer).DialContext, pc.LocalAddr().String())
}

// askOver has a socket for each asker. A reply that does not come fails b.
func askOver(b *testing.B, dial dnsd.DialFunc, server string) func() asker {
	return func() asker {
		c, err := dial(b.Context(), "udp", server)
		require.NoError(b, err)
		b.Cleanup(func() { c.Close() })
		require.NoError(b, c.SetDeadline(time.Now().Add(time.Minute)))
		conn := &dns.Conn{Conn: c}
		return func(name string) (netip.Addr, error) {
			q := new(dns.Msg).SetQuestion(name+".", dns.TypeA)
			if err := conn.WriteMsg(q); err != nil {
				return netip.Addr{}, err
			}
			reply, err := conn.ReadMsg()
			if err == nil && reply.Id != q.Id {
				err = dns.ErrId
			}
			if err != nil {
				return netip.Addr{}, err
			}
			return address(reply)
		}
	}
}

// openLookup looks names up as programs in the container do, a socket for each.
func openLookup(b *testing.B, all *crowd) func() asker {
	return func() asker {
		return func(name string) (netip.Addr, error) { return lookupIn(b, all.containers[0], name) }
	}
}

// openAll looks up each name in another container, all in turn.
func openAll(b *testing.B, all *crowd) func() asker {
	return func() asker {
		from := 0
		return func(name string) (netip.Addr, error) {
			from = (from + 389) % len(all.containers) // a prime: c0 does not ask for c0 again soon
			return lookupIn(b, all.containers[from], name)
		}
	}
}

func lookupIn(b *testing.B, c *sim.Container, name string) (netip.Addr, error) {
	addrs, err := c.LookupNetIP(b.Context(), "ip4", name)
	if err != nil {
		return netip.Addr{}, err
	}
	return addrs[0], nil
}

// address returns the one address that a reply has.
func address(reply *dns.Msg) (netip.Addr, error) {
	if reply != nil && len(reply.Answer) == 1 {
		if a, ok := reply.Answer[0].(*dns.A); ok {
			addr, _ := netip.AddrFromSlice(a.A)
			return addr.Unmap(), nil
		}
	}
	return netip.Addr{}, fmt.Errorf("not one address: %v", reply)
}
