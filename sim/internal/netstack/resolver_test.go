package netstack

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// names is a Resolver of a fixed list.
type names map[string][]netip.Addr

func (n names) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	var list []netip.Addr
	for _, a := range n[host] {
		if network == "ip" || a.Is4() == (network == "ip4") {
			list = append(list, a)
		}
	}
	if host == "broken" {
		return nil, errors.New("server misbehaving")
	}
	return list, nil
}

func addrs(list ...string) []netip.Addr {
	var as []netip.Addr
	for _, s := range list {
		as = append(as, netip.MustParseAddr(s))
	}
	return as
}

var testNames = names{
	"web":    addrs("10.0.0.2"),
	"web6":   addrs("fd00::2"),
	"both":   addrs("fd00::2", "10.0.0.2"),
	"second": addrs("10.0.0.77", "10.0.0.2"),
	"refuse": addrs("10.0.0.2", "10.0.0.77"),
}

func TestDialNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		network, host string
		want          string // host of the connection
		err           string
	}{
		{"tcp", "web", "10.0.0.2", ""},
		{"tcp6", "web6", "fd00::2", ""},
		{"tcp", "both", "10.0.0.2", ""},
		{"tcp4", "both", "10.0.0.2", ""},
		{"tcp", "second", "10.0.0.2", ""},
		{"tcp6", "web", "", "dial tcp6: lookup web: no such host"},
		{"tcp", "nobody", "", "dial tcp: lookup nobody: no such host"},
		{"udp", "nobody", "", "dial udp: lookup nobody: no such host"},
		{"tcp", "broken", "", "dial tcp: lookup broken: server misbehaving"},
		{"tcp", "", "", "dial tcp :80: connect: connection refused"},
	} {
		t.Run(tt.network+" "+tt.host, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, b := newPair(t, Options{Seed: 1, Virtual: true, Resolver: testNames})
				l, err := b.Listen(bg, "tcp", ":80")
				require.NoError(t, err)
				defer l.Close()
				c, err := a.DialContext(bg, tt.network, tt.host+":80")
				if tt.err != "" {
					require.EqualError(t, err, tt.err)
					dns := (*net.DNSError)(nil)
					if errors.As(err, &dns) {
						assert.Equal(t, tt.host != "broken", dns.IsNotFound)
					}
					return
				}
				require.NoError(t, err)
				defer c.Close()
				assert.Equal(t, net.JoinHostPort(tt.want, "80"), c.RemoteAddr().String())
			})
		})
	}
}

// Addresses share the time there is, and the first error is reported.
func TestDialSharesTime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		host  string
		port  string
		limit time.Duration
		takes time.Duration
		err   string
	}{
		{"second", "80", 4 * time.Second, 2 * time.Second, ""},
		{"second", "80", 3 * time.Second, 2 * time.Second, ""}, // not half, but at least 2 s
		{"second", "80", time.Second, time.Second, "dial tcp 10.0.0.77:80: i/o timeout"},
		{"second", "81", 4 * time.Second, 2 * time.Second, "dial tcp 10.0.0.77:81: i/o timeout"},
		{"refuse", "81", 2 * time.Second, 2 * time.Second, "dial tcp 10.0.0.2:81: connect: connection refused"},
	} {
		t.Run(tt.host+" "+tt.port+" "+tt.limit.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, b := newPair(t, Options{Seed: 1, Virtual: true, Resolver: testNames})
				l, err := b.Listen(bg, "tcp", ":80")
				require.NoError(t, err)
				defer l.Close()
				ctx, cancel := context.WithTimeout(bg, tt.limit)
				defer cancel()
				start := time.Now()
				c, err := a.DialContext(ctx, "tcp", tt.host+":"+tt.port)
				assert.Equal(t, tt.takes, time.Since(start))
				if tt.err != "" {
					require.EqualError(t, err, tt.err)
					return
				}
				require.NoError(t, err)
				c.Close()
			})
		})
	}
}

func TestListenOnName(t *testing.T) {
	t.Parallel()
	_, b := newPair(t, Options{Seed: 1, Resolver: testNames})
	l, err := b.Listen(bg, "tcp", "both:80")
	require.NoError(t, err)
	assert.Equal(t, "10.0.0.2:80", l.Addr().String(), "IPv4 is preferred, as in package net")
	c, err := b.ListenPacket(bg, "udp6", "both:80")
	require.NoError(t, err)
	assert.Equal(t, "[fd00::2]:80", c.LocalAddr().String())
}

// Numbers are read as package net reads them, and so are the names that it knows
// without a list of services.
func TestLookupPort(t *testing.T) {
	t.Parallel()
	for _, service := range []string{
		"", "0", "1", "80", "+80", "-0", "-1", "--1", "+", "-", "65535", "65536", "099", "99999999999999999999",
		"8o", "0x50", " 80", "80 ", "http", "HTTP", "https", "domain", "ssh", "smtp", "telnet", "nosuchservice",
	} {
		port, err := new(Stack).lookupPort(bg, "tcp", service)
		want, wantErr := (&net.Resolver{PreferGo: true}).LookupPort(bg, "tcp", service)
		assert.Equal(t, want, port, "%q", service)
		assert.Equal(t, wantErr, err, "%q", service)
	}
}

// servicesFile is a Resolver with an /etc/services.
type servicesFile struct {
	names
	text string
}

func (f servicesFile) Services() string { return f.text }

// TestServices: ports have the names of /etc/services, aliases too, and each transport its
// own.
func TestServices(t *testing.T) {
	t.Parallel()
	s := newStack(t, Options{Seed: 1, Resolver: servicesFile{text: "# Network services\n" +
		"http\t\t80/tcp\t\twww\t\t# WorldWideWeb HTTP\nsyslog 514/udp\nshell 514/tcp cmd syslog\nbroken\nbig 65536/tcp\nmysql\t3306/tcp"}})
	for _, tt := range []struct {
		network, service string
		port             int
	}{
		{"tcp", "www", 80}, {"tcp6", "HTTP", 80}, {"udp", "www", 0}, {"tcp", "mysql", 3306}, {"udp4", "syslog", 514}, {"tcp", "syslog", 514},
		{"tcp", "broken", 0}, {"tcp", "big", 0}, {"tcp", "WorldWideWeb", 0}, {"tcp", "ssh", 22}, {"tcp", "443", 443},
	} {
		port, err := s.lookupPort(bg, tt.network, tt.service)
		assert.Equal(t, tt.port == 0, err != nil, tt)
		assert.Equal(t, tt.port, port, tt)
	}
	l, err := s.Listen(bg, "tcp", "127.0.0.1:mysql")
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:3306", l.Addr().String())
}
