package dnsd_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"drydock/dnsd"
)

// asked returns what the nameservers of in were asked, A before AAAA.
func asked(in *internet) string {
	var list []string
	seen := map[string]bool{}
	for _, q := range in.take() {
		m := new(dns.Msg)
		_ = m.Unpack(q.wire)
		host, _, _ := net.SplitHostPort(q.server)
		if s := host + " " + m.Question[0].Name; !seen[s] {
			list, seen[s] = append(list, s), true
		}
	}
	return strings.Join(list, ", ")
}

// TestLookup has names, configurations and nameservers in virtual time. Where Docker
// containers were recorded, times and errors are theirs: 10 s for a silent resolver,
// 2 s with "timeout:1 attempts:1" and a search list.
func TestLookup(t *testing.T) {
	t.Parallel()
	const temporary, notFound = "Temporary failure in name resolution", "no such host"
	lame := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) { _ = w.WriteMsg(new(dns.Msg).SetReply(q)) })
	servers := map[string]dns.Handler{
		"172.16.80.53:53": labDNS, "10.0.0.2:53": nil, "10.0.0.3:53": rcodes(dns.RcodeServerFailure),
		"10.0.0.4:53": rcodes(dns.RcodeRefused), "10.0.0.5:53": lame, "127.0.0.1:53": labDNS}
	const good, dead, closed, fails = "nameserver 172.16.80.53\n", "nameserver 10.0.0.1\n", "nameserver 10.0.0.2\n", "nameserver 10.0.0.3\n"
	const rejects, refers = "nameserver 10.0.0.4\n", "nameserver 10.0.0.5\n"
	for _, tt := range []struct {
		name, conf, network, host string
		want                      string // addresses, or an error
		asked                     string
		took                      time.Duration
	}{
		{"both families", good, "ip", "www.example.test", "203.0.113.80 2001:db8::80", "172.16.80.53 www.example.test.", 0},
		{"IPv4", good, "ip4", "www.example.test", "203.0.113.80", "172.16.80.53 www.example.test.", 0},
		{"IPv6", good, "ip6", "www.example.test", "2001:db8::80", "172.16.80.53 www.example.test.", 0},
		{"several", good, "ip", "multi.example.test", "203.0.113.1 203.0.113.2 203.0.113.3", "172.16.80.53 multi.example.test.", 0},
		{"alias", good, "ip", "CNAME.example.test", "203.0.113.80 2001:db8::80", "172.16.80.53 CNAME.example.test.", 0},
		{"rooted", good + "search example.test\noptions ndots:5\n", "ip", "www.example.test.", "203.0.113.80 2001:db8::80", "172.16.80.53 www.example.test.", 0},
		{"literal", dead, "ip", "192.0.2.1", "192.0.2.1", "", 0},
		{"no such family", good, "ip6", "multi.example.test", notFound, "172.16.80.53 multi.example.test.", 0},
		{"no such name", good, "ip", "nosuch", notFound, "172.16.80.53 nosuch.", 0},
		{"empty", good, "ip", "", notFound, "", 0},
		{"too long", good, "ip", strings.Repeat("a", 64), notFound, "", 0},
		{"the machine itself", "", "ip", "www.example.test", "203.0.113.80 2001:db8::80", "127.0.0.1 www.example.test.", 0},

		{"searched", good + "search lan.test example.test\n", "ip4", "www", "203.0.113.80", "172.16.80.53 www.lan.test., 172.16.80.53 www.example.test.", 0},
		{"as it is last", good + "search lan.test\n", "ip4", "nosuch", notFound, "172.16.80.53 nosuch.lan.test., 172.16.80.53 nosuch.", 0},
		{"as it is first", good + "search example.test.\noptions ndots:0\n", "ip4", "www", "203.0.113.80", "172.16.80.53 www., 172.16.80.53 www.example.test.", 0},
		{"dots enough", good + "search x.test example.test\noptions ndots:2\n", "ip4", "www.example.test", "203.0.113.80", "172.16.80.53 www.example.test.", 0},
		{"dots missing", good + "search test\noptions ndots:2\n", "ip4", "www.example", "203.0.113.80", "172.16.80.53 www.example.test.", 0},
		{"the root in the list", good + "search . example.test\n", "ip4", "www", "203.0.113.80", "172.16.80.53 www., 172.16.80.53 www.example.test.", 0},
		{"the completion has no address", good + "search example.test\n", "ip6", "multi", notFound, "172.16.80.53 multi.example.test., 172.16.80.53 multi.", 0},
		{"the completion fails", good + "search example.test\n", "ip4", "servfail", temporary, "172.16.80.53 servfail.example.test., 172.16.80.53 servfail.", 0},
		{"fails, then found", good + "search example.test\noptions ndots:2\n", "ip4", "servfail.example.test", temporary,
			"172.16.80.53 servfail.example.test., 172.16.80.53 servfail.example.test.example.test.", 0},

		{"silent", dead, "ip", "nosuch", temporary + ", timeout", "10.0.0.1 nosuch.", 10 * time.Second},
		{"silent, attempts", dead + "options timeout:1 attempts:3\n", "ip", "nosuch", temporary + ", timeout", "10.0.0.1 nosuch.", 3 * time.Second},
		{"silent, search", dead + "search lan.test example.test\noptions timeout:1 attempts:1 ndots:0\n", "ip", "nosuch", temporary + ", timeout",
			"10.0.0.1 nosuch., 10.0.0.1 nosuch.lan.test.", 2 * time.Second},
		{"silent, as it is last", dead + "search a b\noptions timeout:1 attempts:1\n", "ip", "nosuch", temporary + ", timeout",
			"10.0.0.1 nosuch.a., 10.0.0.1 nosuch.", 2 * time.Second},
		{"closed", closed, "ip", "nosuch", temporary, "", 0},
		{"SERVFAIL", fails, "ip", "nosuch", temporary, "10.0.0.3 nosuch.", 0},
		{"REFUSED", rejects, "ip", "nosuch", temporary, "10.0.0.4 nosuch.", 0},
		{"referral", refers, "ip", "nosuch", temporary, "10.0.0.5 nosuch.", 0},
		{"silent, then good", dead + good, "ip4", "www.example.test", "203.0.113.80", "10.0.0.1 www.example.test., 172.16.80.53 www.example.test.", 5 * time.Second},
		{"failing, then good", fails + rejects + good, "ip4", "www.example.test", "203.0.113.80",
			"10.0.0.3 www.example.test., 10.0.0.4 www.example.test., 172.16.80.53 www.example.test.", 0},
		{"NXDOMAIN is an answer", good + fails, "ip4", "nosuch", notFound, "172.16.80.53 nosuch.", 0},
		{"three silent", dead + dead + dead, "ip4", "nosuch", temporary + ", timeout", "10.0.0.1 nosuch.", 28 * time.Second},
		{"not the fourth", closed + closed + closed + good, "ip4", "nosuch", temporary, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				in := &internet{servers: servers}
				c := &dnsd.Client{Conf: dnsd.ParseResolvConf(tt.conf), Dial: in.dial}
				began := time.Now()
				found, err := c.LookupNetIP(t.Context(), tt.network, tt.host)
				assert.Equal(t, tt.took, time.Since(began))
				assert.Equal(t, tt.want, outcome(t, found, err, tt.host))
				assert.Equal(t, tt.asked, asked(in))
			})
		})
	}
}

// outcome is what a lookup returned, as text.
func outcome(t *testing.T, found []netip.Addr, err error, host string) string {
	t.Helper()
	if err == nil {
		return strings.Trim(fmt.Sprint(found), "[]")
	}
	assert.Empty(t, found)
	var e *net.DNSError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, host, e.Name)
	assert.NotEqual(t, e.IsNotFound, e.IsTemporary)
	if e.IsTimeout {
		return e.Err + ", timeout"
	}
	return e.Err
}

// TestLookupPartly has AAAA queries dropped, as broken firewalls do. The lookup waits
// for them once, and then does with what it has.
func TestLookupPartly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newFaults(t, dnsd.Fault{Type: dns.TypeAAAA, Rate: 1, Action: dnsd.Drop}).Wrap(labDNS)
		in := &internet{servers: map[string]dns.Handler{"10.0.0.1:53": h}}
		c := &dnsd.Client{Conf: dnsd.ParseResolvConf("nameserver 10.0.0.1\n"), Dial: in.dial}
		began := time.Now()
		found, err := c.LookupNetIP(t.Context(), "ip", "www.example.test")
		require.NoError(t, err)
		assert.Equal(t, addrs("203.0.113.80"), found)
		assert.Equal(t, 5*time.Second, time.Since(began))

		began = time.Now()
		_, err = c.LookupNetIP(t.Context(), "ip", "nosuch")
		assert.Equal(t, "no such host", outcome(t, nil, err, "nosuch"))
		assert.Equal(t, 5*time.Second, time.Since(began))
	})
}

// TestLookupTCP has replies that do not fit datagrams, and a client that does not
// use them.
func TestLookupTCP(t *testing.T) {
	t.Parallel()
	h := newFaults(t, dnsd.Fault{Rate: 1, Action: dnsd.Truncate}).Wrap(labDNS)
	in := &internet{servers: map[string]dns.Handler{"10.0.0.1:53": h}}
	for options, want := range map[string][]string{"": {"udp", "tcp"}, "options use-vc\n": {"tcp"}} {
		c := &dnsd.Client{Conf: dnsd.ParseResolvConf("nameserver 10.0.0.1\n" + options), Dial: in.dial}
		found, err := c.LookupNetIP(t.Context(), "ip4", "multi.example.test")
		require.NoError(t, err)
		assert.Len(t, found, 3)
		var networks []string
		for _, q := range in.take() {
			networks = append(networks, q.network)
		}
		assert.Equal(t, want, networks)
	}
}

func TestLookupContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &dnsd.Client{Conf: dnsd.ParseResolvConf("nameserver 10.0.0.1\n"), Dial: (&internet{}).dial}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := c.LookupNetIP(ctx, "ip", "web")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.EqualError(t, err, "lookup web on 10.0.0.1:53: i/o timeout")
		assert.Equal(t, time.Second, time.Since(began))
		var e *net.DNSError
		require.ErrorAs(t, err, &e)
		assert.True(t, e.IsTimeout && e.IsTemporary)

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err = c.LookupAddr(ctx, "10.0.0.9")
		require.ErrorIs(t, err, context.Canceled)
		assert.EqualError(t, err, "lookup 10.0.0.9 on 10.0.0.1:53: operation was canceled")
		require.ErrorAs(t, err, &e)
		assert.False(t, e.IsTimeout || e.IsTemporary || e.IsNotFound)

		_, err = c.LookupNetIP(t.Context(), "tcp", "web")
		require.ErrorIs(t, err, net.UnknownNetworkError("tcp"))
		_, err = c.LookupNetIP(t.Context(), "ip6", "10.0.0.1")
		var ae *net.AddrError
		require.ErrorAs(t, err, &ae)
	})
}

func TestLookupAddr(t *testing.T) {
	t.Parallel()
	r := newResolver(t, []*dnsd.Zone{newNetZone(t)})
	in := &internet{servers: map[string]dns.Handler{"127.0.0.11:53": r, "172.16.80.53:53": labDNS}}
	c := &dnsd.Client{Conf: dnsd.ParseResolvConf("nameserver 127.0.0.11\n"), Dial: in.dial}
	for addr, want := range map[string]string{"172.18.0.2": "web.net", "fd00::4": "six.net", "fd00::0003": "both.net"} {
		names, err := c.LookupAddr(t.Context(), addr)
		require.NoError(t, err)
		assert.Equal(t, []string{want}, names)
	}
	_, err := c.LookupAddr(t.Context(), "web")
	assert.EqualError(t, err, "lookup web: unrecognized address")
	c = &dnsd.Client{Conf: dnsd.ParseResolvConf("nameserver 172.16.80.53\nsearch example.test\n"), Dial: in.dial}
	_, err = c.LookupAddr(t.Context(), "10.1.2.3")
	var e *net.DNSError
	require.True(t, errors.As(err, &e) && e.IsNotFound)
	assert.EqualError(t, err, "lookup 10.1.2.3 on 172.16.80.53:53: no such host")
}

// TestLookupSeed checks that ids follow from the seed and are no series.
func TestLookupSeed(t *testing.T) {
	t.Parallel()
	ids := func(seed uint64) (list []uint16) {
		in := &internet{servers: map[string]dns.Handler{"10.0.0.1:53": labDNS}}
		c := &dnsd.Client{Conf: dnsd.ParseResolvConf("nameserver 10.0.0.1\n"), Dial: in.dial, Seed: seed}
		for range 5 {
			_, err := c.LookupNetIP(t.Context(), "ip4", "www.example.test")
			require.NoError(t, err)
		}
		for _, q := range in.take() {
			list = append(list, uint16(q.wire[0])<<8|uint16(q.wire[1]))
		}
		return list
	}
	assert.Equal(t, ids(1), ids(1))
	assert.NotEqual(t, ids(1), ids(2))
	assert.NotEqual(t, ids(1)[1]-ids(1)[0], ids(1)[2]-ids(1)[1])
}

// TestLookupOnePort has both families asked from one port, as glibc does.
func TestLookupOnePort(t *testing.T) {
	t.Parallel()
	in := &internet{servers: map[string]dns.Handler{"10.0.0.1:53": labDNS}}
	dialed := 0
	c := &dnsd.Client{Conf: dnsd.ParseResolvConf("nameserver 10.0.0.1\n"), Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		dialed++
		return in.dial(ctx, network, address)
	}}
	found, err := c.LookupNetIP(t.Context(), "ip", "www.example.test")
	require.NoError(t, err)
	assert.Equal(t, addrs("203.0.113.80", "2001:db8::80"), found)
	assert.Len(t, in.take(), 2)
	assert.Equal(t, 1, dialed)
}
