package dnsd_test

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"drydock/dnsd"
)

// through dials real sockets at one address, whatever the nameserver's is.
func through(server netip.AddrPort) dnsd.DialFunc {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.String())
	}
}

// TestClients has Go's resolver and the Client of this package ask over real sockets,
// and checks that they agree. One name has more addresses than a datagram takes.
func TestClients(t *testing.T) {
	t.Parallel()
	z := newNetZone(t)
	var many []netip.Addr
	for i := range 100 {
		many = append(many, netip.AddrFrom4([4]byte{172, 18, 2, byte(i)}))
	}
	require.NoError(t, z.Set("many", dnsd.Host{Name: "many", Addrs: many}))
	in := &internet{servers: map[string]dns.Handler{"10.0.0.53:53": labDNS}}
	r := newResolver(t, []*dnsd.Zone{z}, dnsd.WithUpstreams(in.dial, upstreams("10.0.0.53:53")...))
	c := &dnsd.Client{Conf: dnsd.ParseResolvConf("nameserver 127.0.0.11\noptions ndots:0\n"), Dial: through(serveReal(t, r))}
	nr := c.NetResolver()
	for host, want := range map[string]int{"web.": 1, "BOTH.net.": 2, "many.": 100, "multi.example.test.": 3, "cname.example.test.": 2} {
		theirs, err := nr.LookupNetIP(t.Context(), "ip", host)
		require.NoError(t, err)
		ours, err := c.LookupNetIP(t.Context(), "ip", host)
		require.NoError(t, err)
		assert.ElementsMatch(t, theirs, ours)
		assert.Len(t, ours, want)
	}
	for _, host := range []string{"nosuch.", "nothing.", "nosuch.net."} {
		_, theirs := nr.LookupNetIP(t.Context(), "ip", host)
		_, ours := c.LookupNetIP(t.Context(), "ip", host)
		for _, err := range []error{theirs, ours} {
			var e *net.DNSError
			require.ErrorAs(t, err, &e)
			assert.True(t, e.IsNotFound, err)
		}
	}
	names, err := nr.LookupAddr(t.Context(), "172.18.0.2")
	require.NoError(t, err)
	assert.Equal(t, []string{"web.net."}, names)
	txt, err := nr.LookupTXT(t.Context(), "www.example.test.")
	require.NoError(t, err)
	assert.Equal(t, []string{"hello"}, txt)
}

// TestNetResolverTurns has the first nameserver refuse or be silent: Go's resolver
// comes to the second one, even if the machine has one nameserver only, and starts
// there from then on.
func TestNetResolverTurns(t *testing.T) {
	t.Parallel()
	_, _ = net.DefaultResolver.LookupHost(t.Context(), "localhost") // see NetResolver
	in := &internet{servers: map[string]dns.Handler{"10.0.0.2:53": labDNS, "10.0.0.3:53": nil}}
	for _, first := range []string{"10.0.0.1", "10.0.0.3"} {
		synctest.Test(t, func(t *testing.T) {
			c := &dnsd.Client{Conf: dnsd.ParseResolvConf("nameserver " + first + "\nnameserver 10.0.0.2\n"), Dial: in.dial}
			nr := c.NetResolver()
			for i := range 2 {
				began := time.Now()
				found, err := nr.LookupNetIP(t.Context(), "ip4", "multi.example.test.")
				require.NoError(t, err)
				assert.Len(t, found, 3)
				assert.Equal(t, i == 0 && first == "10.0.0.1", time.Since(began) > 0)
			}
		})
	}
}

// TestNetResolverDialFails has no way to any nameserver.
func TestNetResolverDialFails(t *testing.T) {
	t.Parallel()
	dial := func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }
	c := &dnsd.Client{Dial: dial}
	_, err := c.NetResolver().LookupHost(t.Context(), "web.")
	var e *net.DNSError
	require.ErrorAs(t, err, &e)
	assert.False(t, e.IsNotFound)
}
