package peers

import (
	"fmt"
	"testing"

	"drydock/bench/load"
	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// peers are who has which loads.
var peers = []struct {
	name string
	open func(b *testing.B) (client, server load.End)
	tcp  bool
}{
	{"drydock", openDrydock, true},
	{"wireguard-netstack", openWireguard, true},
	{"pion-vnet", openPion, false},
}

// A container is an end.
type container struct{ *sim.Container }

func (c container) Addr() string { return c.IP().String() }

func openDrydock(b *testing.B) (client, server load.End) {
	host, err := sim.NewHost()
	require.NoError(b, err)
	b.Cleanup(func() { host.Close() })
	run := func(name string) container {
		c, err := host.Run(name)
		require.NoError(b, err)
		return container{c}
	}
	client, server = run("client"), run("server")
	load.Connect(b, client, server) // ARP
	return client, server
}

func BenchmarkTCPStream(b *testing.B) {
	overTCP(b, load.Stream)
}

func BenchmarkHTTP(b *testing.B)         { overTCP(b, load.Requests) }
func BenchmarkConnect(b *testing.B)      { overTCP(b, load.Connections) }
func BenchmarkRoundTripTCP(b *testing.B) { overTCP(b, load.RoundTripsTCP) }

func overTCP(b *testing.B, do func(b *testing.B, client, server load.End)) {
	for _, p := range peers {
		if p.tcp {
			b.Run(p.name, func(b *testing.B) {
				client, server := p.open(b)
				do(b, client, server)
			})
		}
	}
}

func BenchmarkRoundTripUDP(b *testing.B) {
	for _, p := range peers {
		b.Run(p.name, func(b *testing.B) {
			client, server := p.open(b)
			load.RoundTripsUDP(b, client, server)
		})
	}
}

func BenchmarkUDP(b *testing.B) {
	for _, p := range peers {
		for _, size := range []int{64, 1400} {
			b.Run(fmt.Sprintf("%s/%dB", p.name, size), func(b *testing.B) {
				client, server := p.open(b)
				load.Datagrams(b, client, server, size)
			})
		}
	}
}
