package sim_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"drydock/dnsd"
	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// lookup returns the addresses of a name in order, or how it fails.
func lookup(t *testing.T, c interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}, name string) string {
	t.Helper()
	addrs, err := c.LookupNetIP(t.Context(), "ip4", name)
	var dnsErr *net.DNSError
	switch {
	case errors.As(err, &dnsErr) && dnsErr.IsNotFound:
		return "Name or service not known"
	case errors.As(err, &dnsErr) && dnsErr.IsTemporary:
		return "Temporary failure in name resolution"
	case err != nil:
		return err.Error()
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	return fmt.Sprint(addrs)
}

// TestNames: containers of a network of their own find each other by name, alias,
// short id and hostname, each also with the network behind it, while they run.
func TestNames(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		other := simtest.NewNetwork(t, h, "other")
		db := simtest.Run(t, h, "db", sim.WithNetwork(n, sim.WithAlias("store", "db.v1")), sim.WithHostname("oracle"))
		db2 := simtest.Run(t, h, "db2", sim.WithNetwork(n, sim.WithAlias("store")))
		web := simtest.Run(t, h, "web", sim.WithNetwork(n))
		stranger := simtest.Run(t, h, "stranger", sim.WithNetwork(other))
		plain := simtest.Run(t, h, "plain")
		for name, want := range map[string]string{
			"db":         "[172.18.0.2]",
			"DB":         "[172.18.0.2]",
			"db.net":     "[172.18.0.2]",
			"db.v1":      "[172.18.0.2]",
			"db.v1.net":  "[172.18.0.2]",
			"oracle":     "[172.18.0.2]",
			db.ID()[:12]: "[172.18.0.2]",
			"store":      "[172.18.0.2 172.18.0.3]",
			"db2":        "[172.18.0.3]",
			"localhost":  "[127.0.0.1]",
			"stranger":   "Temporary failure in name resolution", // nobody to ask
			"db.NET":     "Temporary failure in name resolution",
		} {
			require.Equal(t, want, lookup(t, web, name), name)
		}
		require.Equal(t, "Temporary failure in name resolution", lookup(t, stranger, "db"))
		require.Equal(t, "Name or service not known", lookup(t, plain, "db"), "the default bridge has no names")
		list, err := web.LookupAddr(t.Context(), "172.18.0.2")
		require.NoError(t, err)
		require.Equal(t, []string{"db.net"}, list)
		_, err = web.LookupNetIP(t.Context(), "ip6", "db")
		var dnsErr *net.DNSError
		require.ErrorAs(t, err, &dnsErr)
		require.True(t, dnsErr.IsNotFound, "known, but without such an address")

		who(t, db, "tcp", "80")
		require.Contains(t, nc(t, web, "tcp", "store.net:80"), "you are 172.18.0.4")

		require.NoError(t, db.Stop(t.Context()))
		require.Equal(t, "[172.18.0.3]", lookup(t, web, "store"))
		require.NoError(t, db2.Connect(other, sim.WithAlias("second")))
		require.Equal(t, "[172.19.0.3]", lookup(t, stranger, "second"))
		require.Equal(t, "[172.19.0.2]", lookup(t, db2, "stranger"))
		require.NoError(t, db2.Disconnect(other))
		require.Equal(t, "Temporary failure in name resolution", lookup(t, stranger, "second"))

		// A container of the default bridge has the resolver from its first such
		// network on.
		require.NoError(t, plain.Connect(n))
		require.Equal(t, "[172.18.0.3]", lookup(t, plain, "db2"))
	})
}

// TestResolvConf has the files that Docker writes.
func TestResolvConf(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithResolvConf("# a comment\nnameserver 127.0.0.53\nnameserver 172.16.80.53\n"))
	n := simtest.NewNetwork(t, h, "net")
	user := sim.WithNetwork(n)
	dns := sim.WithDNS(netip.MustParseAddr("10.9.9.9"))
	for i, test := range []struct {
		opts []sim.ContainerOption
		want string
	}{
		{nil, "# a comment\nnameserver 172.16.80.53\n"},
		{[]sim.ContainerOption{user}, "nameserver 127.0.0.11\noptions ndots:0\n"},
		{[]sim.ContainerOption{dns, sim.WithDNSSearch("a.test", "b.test"), sim.WithDNSOption("ndots:2")},
			"search a.test b.test\nnameserver 10.9.9.9\noptions ndots:2\n"},
		{[]sim.ContainerOption{user, dns, sim.WithDNSSearch("a.test")}, "search a.test\nnameserver 127.0.0.11\noptions ndots:0\n"},
		{[]sim.ContainerOption{user, sim.WithDNSOption("ndots:2")}, "nameserver 127.0.0.11\noptions ndots:2\n"},
	} {
		c := simtest.Run(t, h, fmt.Sprint("c", i), test.opts...)
		require.Equal(t, test.want, cat(t, c.FS(), "etc/resolv.conf"))
	}
	c, _ := h.Container("c0")
	require.Equal(t, c.ID()[:12]+"\n", cat(t, c.FS(), "etc/hostname"))
}

// TestUpstream: what the embedded resolver does not know, the host's nameserver on the
// LAN is asked, from the container's address, masqueraded.
func TestUpstream(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t, sim.WithResolvConf("nameserver 172.16.80.47\n"))
		asked := make(chan string, 100)
		serveDNS(t, l.peer, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
			asked <- host(w.RemoteAddr())
			m := new(dns.Msg).SetReply(q)
			if q.Question[0].Name == "www.example.test." && q.Question[0].Qtype == dns.TypeA {
				m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.IPv4(203, 0, 113, 80)}}
			} else if q.Question[0].Name != "www.example.test." {
				m.Rcode = dns.RcodeNameError
			}
			w.WriteMsg(m)
		}))
		n := simtest.NewNetwork(t, l.docker, "net")
		inet := simtest.NewNetwork(t, l.docker, "inet", sim.WithInternal())
		user := simtest.Run(t, l.docker, "user", sim.WithNetwork(n))
		plain := simtest.Run(t, l.docker, "plain")
		inner := simtest.Run(t, l.docker, "inner", sim.WithNetwork(inet))
		for _, c := range []*sim.Container{user, plain} {
			require.Equal(t, "[203.0.113.80]", lookup(t, c, "www.example.test"))
			require.Equal(t, "172.16.80.10", <-asked)
			require.Equal(t, "Name or service not known", lookup(t, c, "nosuch.example.test"))
		}
		require.Equal(t, "Temporary failure in name resolution", lookup(t, inner, "www.example.test"))
		require.Equal(t, "[172.19.0.2]", lookup(t, inner, "inner"))
	})
}

// TestUpstreamOnLoopback: a nameserver on the host's loopback interface is asked from there, also
// for internal networks, unless it was given for the container. Recorded of Docker 20.10.24.
func TestUpstreamOnLoopback(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t, sim.WithResolvConf("nameserver 127.0.1.1\nnameserver 172.16.80.47\n"))
		var asked []string
		server := func(m machine, known string, addr ...string) {
			serveDNS(t, m, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
				r := new(dns.Msg).SetReply(q)
				if name := q.Question[0].Name; name == known && q.Question[0].Qtype == dns.TypeA {
					r.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.IPv4(10, 11, 12, 13)}}
				} else if name != known {
					r.Rcode = dns.RcodeNameError
				}
				if q.Question[0].Qtype == dns.TypeA {
					asked = append(asked, m.Name()+" by "+host(w.RemoteAddr()))
				}
				w.WriteMsg(r)
			}), addr...)
		}
		server(l.docker, "first.test.", "127.0.1.1")
		server(l.peer, "second.test.")
		n, inner := simtest.NewNetwork(t, l.docker, "n"), simtest.NewNetwork(t, l.docker, "inner", sim.WithInternal())
		late := simtest.Run(t, l.docker, "late")
		write(t, l.docker.FS(), "nameserver 192.0.2.1", ">", "etc/resolv.conf") // of which it does not hear
		require.NoError(t, late.Connect(n))
		write(t, l.docker.FS(), "nameserver 127.0.1.1\nnameserver 172.16.80.47", ">", "etc/resolv.conf")
		user, internal := simtest.Run(t, l.docker, "user", sim.WithNetwork(n)), simtest.Run(t, l.docker, "internal", sim.WithNetwork(inner))
		given := simtest.Run(t, l.docker, "given", sim.WithNetwork(n), sim.WithDNSSearch("a.test"))
		for _, tt := range []struct {
			c             *sim.Container
			first, second string
			asked         []string
		}{
			{late, "[10.11.12.13]", "[10.11.12.13]", []string{"docker by 127.0.0.1", "docker by 127.0.0.1", "peer by 172.16.80.10"}},
			{user, "[10.11.12.13]", "[10.11.12.13]", []string{"docker by 127.0.0.1", "docker by 127.0.0.1", "peer by 172.16.80.10"}},
			{internal, "[10.11.12.13]", "Temporary failure in name resolution", nil},
			{given, "Name or service not known", "[10.11.12.13]", []string{"peer by 172.16.80.10", "peer by 172.16.80.10", "peer by 172.16.80.10"}},
		} {
			asked = nil
			require.Equal(t, tt.first, lookup(t, tt.c, "first.test"), tt.c.Name())
			require.Equal(t, tt.second, lookup(t, tt.c, "second.test"), tt.c.Name())
			if tt.asked != nil {
				require.Equal(t, tt.asked, asked, tt.c.Name())
			}
		}
	})
}

// serveDNS serves on port 53 of m, of all its addresses or of one.
func serveDNS(t *testing.T, m machine, handler dns.Handler, addr ...string) {
	t.Helper()
	at := strings.Join(addr, "") + ":53"
	pc, err := m.ListenPacket(t.Context(), "udp", at)
	require.NoError(t, err)
	l, err := m.Listen(t.Context(), "tcp", at)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- dnsd.Serve(ctx, handler, pc, l) }()
	t.Cleanup(func() { cancel(); <-done })
}

// TestPort53 is free in a container that has the embedded resolver, and 127.0.0.11:53
// is found, by UDP and TCP, and answers from there.
func TestPort53(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		c := simtest.Run(t, h, "c1", sim.WithNetwork(n))
		who(t, c, "tcp", "53")
		who(t, c, "udp", "53")
		require.Contains(t, nc(t, c, "tcp", "172.18.0.2:53"), "you are 172.18.0.2")
		require.Equal(t, "you are 172.18.0.2", nc(t, c, "udp", "172.18.0.2:53"))
		for _, network := range []string{"udp", "tcp"} {
			conn, err := c.DialContext(t.Context(), network, "127.0.0.11:53")
			require.NoError(t, err)
			require.Equal(t, "127.0.0.11:53", conn.RemoteAddr().String())
			m, err := (&dns.Conn{Conn: conn}), error(nil)
			require.NoError(t, m.WriteMsg(new(dns.Msg).SetQuestion("c1.", dns.TypeA)))
			reply, err := m.ReadMsg()
			require.NoError(t, err)
			require.Len(t, reply.Answer, 1)
			require.EqualValues(t, 600, reply.Answer[0].Header().Ttl)
			conn.Close()
		}
		p, err := c.ListenPacket(t.Context(), "udp", ":0")
		require.NoError(t, err)
		defer p.Close()
		q, err := new(dns.Msg).SetQuestion("c1.", dns.TypeA).Pack()
		require.NoError(t, err)
		_, err = p.WriteTo(q, net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.11:53")))
		require.NoError(t, err)
		p.SetReadDeadline(time.Now().Add(time.Second))
		_, from, err := p.ReadFrom(make([]byte, 512))
		require.NoError(t, err)
		require.Equal(t, "127.0.0.11:53", from.String())
	})
}

// TestLinkOnUserNetwork is a name for one container, which shadows others.
func TestLinkOnUserNetwork(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		u1 := simtest.Run(t, h, "u1", sim.WithNetwork(n))
		simtest.Run(t, h, "lk", sim.WithNetwork(n))
		u3 := simtest.Run(t, h, "u3", sim.WithNetwork(n), sim.WithLink(u1, "lk"))
		require.Equal(t, "[172.18.0.2]", lookup(t, u3, "lk"))
		require.Equal(t, "[172.18.0.3]", lookup(t, u1, "lk"))
		u6 := simtest.Run(t, h, "u6", sim.WithNetwork(n), sim.WithLink(u1, "same"), sim.WithLink(u3, "same"))
		require.Equal(t, "[172.18.0.4]", lookup(t, u6, "same"), "the last of two counts")
		require.NotContains(t, cat(t, u3.FS(), "etc/hosts"), "lk")
		require.Len(t, u3.Env(), 3)
	})
}

// TestResolverFaults: the wrapper sees and spoils what the resolver answers.
func TestResolverFaults(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		faults, err := dnsd.NewFaults(1, dnsd.Fault{Name: "db", Rate: 1, Action: dnsd.NXDomain},
			dnsd.Fault{Name: "slow", Rate: 1, Delay: 3 * time.Second})
		require.NoError(t, err)
		h := simtest.NewHost(t, sim.WithResolver(faults.Wrap))
		n := simtest.NewNetwork(t, h, "net")
		simtest.Run(t, h, "db", sim.WithNetwork(n))
		simtest.Run(t, h, "slow", sim.WithNetwork(n))
		web := simtest.Run(t, h, "web", sim.WithNetwork(n))
		require.Equal(t, "Name or service not known", lookup(t, web, "db"))
		start := time.Now()
		require.Equal(t, "[172.18.0.3]", lookup(t, web, "slow"))
		require.Equal(t, 3*time.Second, time.Since(start))
		require.NoError(t, faults.Set())
		require.Equal(t, "[172.18.0.2]", lookup(t, web, "db"))
	})
}

func TestAliasRefused(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	bridge, _ := h.Network("bridge")
	_, err := h.Run("c1", sim.WithNetwork(bridge, sim.WithAlias("foo")))
	require.ErrorIs(t, err, sim.ErrConflict)
	require.EqualError(t, err, "network-scoped alias is supported only for containers in user defined networks")
}

// TestNetResolver: Go's own resolver asks the embedded one.
func TestNetResolver(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	n := simtest.NewNetwork(t, h, "net")
	simtest.Run(t, h, "db", sim.WithNetwork(n))
	web := simtest.Run(t, h, "web", sim.WithNetwork(n))
	addrs, err := web.Resolver().LookupNetIP(t.Context(), "ip4", "db.")
	require.NoError(t, err)
	require.Equal(t, []netip.Addr{netip.MustParseAddr("172.18.0.2")}, addrs)
	_, err = simtest.Run(t, h, "plain").Resolver().LookupHost(t.Context(), "db.")
	require.Error(t, err)
}

// TestSingleLabels: with ndots above 0 the resolver says itself that there is no such
// name without a dot, so that the search list has its turn.
func TestSingleLabels(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		db := simtest.Run(t, h, "db", sim.WithNetwork(n, sim.WithAlias("store.example.test")))
		c := simtest.Run(t, h, "c1", sim.WithNetwork(n), sim.WithDNSOption("ndots:1"), sim.WithDNSSearch("example.test"))
		require.Equal(t, fmt.Sprint([]netip.Addr{db.IP()}), lookup(t, c, "store"))
	})
}

// TestNetworkLink: the link of a connection is a name on that network, for one container.
func TestNetworkLink(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		na, nb := simtest.NewNetwork(t, h, "na"), simtest.NewNetwork(t, h, "nb")
		t1 := simtest.Run(t, h, "t1", sim.WithNetwork(na))
		t2 := simtest.Run(t, h, "t2", sim.WithNetwork(nb))
		require.NoError(t, t1.Connect(nb, sim.WithNetworkLink(t2, "lk")))
		require.Equal(t, "[172.19.0.2]", lookup(t, t1, "lk"))
		require.Equal(t, "[172.19.0.2]", lookup(t, t1, "lk.nb"))
		require.Equal(t, "Temporary failure in name resolution", lookup(t, t2, "lk"))
		require.NoError(t, t1.Disconnect(nb))
		require.Equal(t, "Temporary failure in name resolution", lookup(t, t1, "lk"))
		bridge, _ := h.Network("bridge")
		// Recorded: docker0 takes a link and shows it, and nobody has that name.
		require.NoError(t, t1.Connect(bridge, sim.WithNetworkLink(t2, "lk")))
		require.Equal(t, []string{"t2:lk"}, t1.Inspect().NetworkSettings.Networks["bridge"].Links)
		require.Equal(t, "Temporary failure in name resolution", lookup(t, t1, "lk"))
	})
}
