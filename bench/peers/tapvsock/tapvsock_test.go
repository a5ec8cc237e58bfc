package tapvsock

import (
	"fmt"
	"testing"

	"drydock/bench/load"
)

func open(b *testing.B) (client, server load.End) {
	n := newNetwork(b)
	client, server = plug(b, n, 2), plug(b, n, 3)
	load.Connect(b, client, server) // ARP
	return client, server
}

func BenchmarkTCPStream(b *testing.B)    { run(b, load.Stream) }
func BenchmarkHTTP(b *testing.B)         { run(b, load.Requests) }
func BenchmarkConnect(b *testing.B)      { run(b, load.Connections) }
func BenchmarkRoundTripTCP(b *testing.B) { run(b, load.RoundTripsTCP) }
func BenchmarkRoundTripUDP(b *testing.B) { run(b, load.RoundTripsUDP) }

func BenchmarkUDP(b *testing.B) {
	for _, size := range []int{64, 1400} {
		b.Run(fmt.Sprintf("gvisor-tap-vsock/%dB", size), func(b *testing.B) {
			client, server := open(b)
			load.Datagrams(b, client, server, size)
		})
	}
}

func run(b *testing.B, do func(b *testing.B, client, server load.End)) {
	b.Run("gvisor-tap-vsock", func(b *testing.B) {
		client, server := open(b)
		do(b, client, server)
	})
}
