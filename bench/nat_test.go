package bench

import (
	"drydock/bench/load"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// A natLab is a Docker host with a container inside and, on its other side, a load.Machine
// outside that knows the way to the container. The host translates what the
// container sends out to its own address, and what comes to its port 8080 to port 80
// of the container.
type natLab struct{ outside, inside load.Machine }

var (
	outsideAddr = netip.MustParsePrefix("192.168.88.47/24")
	hostOutside = netip.MustParsePrefix("192.168.88.2/24")
	hostInside  = netip.MustParsePrefix("172.17.0.1/16")
	insideAddr  = netip.MustParsePrefix("172.17.0.2/16")
)

// natPeers are what the host and the others are made of.
var natPeers = []struct {
	name   string
	direct func(b *testing.B, n int) []pair // joined without a host between them
	open   func(b *testing.B) natLab        // is closed with b
}{
	{"drydock", openDrydock, openDrydockNAT},
	{"gvisor", openGVisorVeth, openGVisorNAT},
	{"kernel", openKernelBridge, openKernelNAT},
}

// A natWay is a way from a client to a server through the host.
type natWay struct {
	name     string
	outwards bool         // from inside to outside
	listen   string       // where the server listens
	dial     string       // where the client believes that it does
	seen     netip.Prefix // whom the server sees
}

var natWays = []natWay{
	{"routed", false, "172.17.0.2:80", "172.17.0.2:80", outsideAddr},
	{"published", false, "172.17.0.2:80", "192.168.88.2:8080", outsideAddr},
	{"masquerade", true, "192.168.88.47:80", "192.168.88.47:80", hostOutside},
}

// BenchmarkNATStream sends through one TCP connection: between neighbours, through a
// host that routes, and through one that translates, too.
func BenchmarkNATStream(b *testing.B) {
	for _, p := range natPeers {
		b.Run(p.name+"/direct", func(b *testing.B) {
			b.ReportAllocs()
			ends := p.direct(b, 1)[0]
			client, server := load.Connect(b, ends.client, ends.server)
			load.Transfer(b, []net.Conn{client}, []net.Conn{server})
		})
		for _, w := range natWays {
			b.Run(p.name+"/"+w.name, func(b *testing.B) {
				b.ReportAllocs()
				client, server := w.connect(b, p.open(b))
				load.Transfer(b, []net.Conn{client}, []net.Conn{server})
			})
		}
	}
}

// connect returns the two ends of a TCP connection. It checks that both see the
// addresses that they would see with Docker.
func (w *natWay) connect(b *testing.B, lab natLab) (client, server net.Conn) {
	from, to := lab.outside, lab.inside
	if w.outwards {
		from, to = to, from
	}
	client, server = load.Dial(b, from, load.ListenAt(b, to, w.listen), w.dial)
	require.Equal(b, w.dial, client.RemoteAddr().String())
	require.Equal(b, w.listen, server.LocalAddr().String())
	seen, err := netip.ParseAddrPort(server.RemoteAddr().String())
	require.NoError(b, err)
	require.Equal(b, w.seen.Addr(), seen.Addr())
	return client, server
}
