package bench

import (
	"fmt"
	"testing"

	"drydock/bench/load"
)

// BenchmarkUDP sends datagrams as fast as the socket takes them.
func BenchmarkUDP(b *testing.B) {
	for _, p := range peers {
		for _, size := range []int{64, 1400} {
			b.Run(fmt.Sprintf("%s/%dB", p.name, size), func(b *testing.B) {
				ends := p.open(b, 1)[0]
				load.Connect(b, ends.client, ends.server) // waits for ARP, and for the port of the kernel's bridge to come up
				load.Datagrams(b, ends.client, ends.server, size)
			})
		}
	}
}
