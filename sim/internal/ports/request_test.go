package ports

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRequests has the order in which Docker Engine 29.7.2 programmed ports, each case twelve times.
func TestRequests(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ publish, want string }{
		{"1000:90 2000:80", "2000>80/tcp 1000>90/tcp"},
		{"2000:90 1000:80", "1000>80/tcp 2000>90/tcp"},
		{"9000:80 443", "9000>80/tcp eph>443/tcp"},
		{"9000:80 443 22 53/udp 5353:53", "5353>53/tcp 9000>80/tcp eph>22/tcp eph>53/udp eph>443/tcp"},
		{"8081:80 8080:80 443:443 53:53/udp 53:53 127.0.0.1:9001:9000", "53>53/tcp 53>53/udp 8080>80/tcp 8081>80/tcp 443>443/tcp 9001>9000/tcp"},
		{"80 80/udp 90 70/udp", "eph>70/udp eph>80/tcp eph>80/udp eph>90/tcp"},
		{"8080:80 8443:443", "8080>80/tcp 8443>443/tcp"},
		{"3306:3306 8080:8080 80:80", "80>80/tcp 3306>3306/tcp 8080>8080/tcp"},
		{"7000-7002:80 7001:90", "7001>90/tcp 7000>80/tcp"},
	} {
		var pubs []Publication
		for _, spec := range strings.Fields(test.publish) {
			list, err := Parse(spec)
			require.NoError(t, err)
			for _, p := range list {
				for _, a := range p.HostAddrs(netip.Addr{}) {
					p.Addr = a
					pubs = append(pubs, p)
				}
			}
		}
		var got []string
		for _, r := range Requests(pubs, false) {
			host := "eph"
			if r.First != 0 {
				host = fmt.Sprint(r.First)
			}
			got = append(got, host+">"+r.Port.String())
		}
		require.Equal(t, test.want, strings.Join(got, " "), test.publish)
	}
}

// TestRequestsShareAPort: what differs in the host's address alone is one request.
func TestRequestsShareAPort(t *testing.T) {
	t.Parallel()
	local, lan := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("172.16.80.10")
	web := func(a netip.Addr) Publication { return Publication{Port: Port{80, TCP}, Addr: a} }
	list := Requests([]Publication{web(lan), web(local)}, true)
	require.Equal(t, []Request{{Publication: Publication{Port: Port{80, TCP}}, Addrs: []netip.Addr{local, lan}, Routed: true}}, list)
}

// TestExclusive: an unspecified address and the others of its family exclude each other, and a port
// that somebody else has at one address is given back at all.
func TestExclusive(t *testing.T) {
	t.Parallel()
	a := Allocator{Exclusive: true}
	any6, local, lan := netip.IPv6Unspecified(), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("172.16.80.10")
	ask := func(first, last uint16, addrs ...netip.Addr) Request {
		return Request{Publication: Publication{Port: Port{80, TCP}, First: first, Last: last}, Addrs: addrs}
	}
	listen := func(Binding) error { return nil }
	bind := func(r Request) (string, error) {
		list, err := a.Bind(r, listen, func(Binding) {})
		if err != nil {
			return "", err
		}
		return fmt.Sprint(len(list), " ", list[0].HostPort), nil
	}
	for _, step := range []struct {
		request   Request
		got, fail string
	}{
		{ask(8080, 8080, local), "1 8080", ""},
		{ask(8080, 8080, lan), "1 8080", ""},
		{ask(8080, 8080, any4, any6), "", "Bind for 127.0.0.1:8080 failed: port is already allocated"},
		{ask(8080, 8080, any6), "1 8080", ""},
		{ask(9090, 9090, any4, any6), "2 9090", ""},
		{ask(9090, 9090, local), "", "Bind for 0.0.0.0:9090 failed: port is already allocated"},
		{ask(8080, 8082, any4, any6), "2 8081", ""},
		{ask(0, 0, any4, any6), "2 32768", ""},
		{ask(0, 0, local), "1 32769", ""},
		{ask(0, 0, any4, any6), "2 32770", ""},
	} {
		got, err := bind(step.request)
		if step.fail != "" {
			require.EqualError(t, err, step.fail)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, step.got, got)
	}

	// Somebody has the next two ports of IPv6: what was opened for IPv4 is closed.
	open := make(map[Binding]bool)
	list, err := a.Bind(ask(0, 0, any4, any6), func(b Binding) error {
		if b.HostAddr == any6 && b.HostPort < 32773 {
			return ErrProtocol
		}
		open[b] = true
		return nil
	}, func(b Binding) { delete(open, b) })
	require.NoError(t, err)
	require.EqualValues(t, 32773, list[0].HostPort)
	require.Len(t, open, 2)
}
