package bench

import (
	"testing"

	"drydock/bench/load"
)

// BenchmarkRoundTrip sends requests of one byte, each on the reply to the one before.
func BenchmarkRoundTrip(b *testing.B) {
	for _, p := range peers {
		b.Run(p.name+"/tcp", func(b *testing.B) {
			ends := p.open(b, 1)[0]
			load.RoundTripsTCP(b, ends.client, ends.server)
		})
		b.Run(p.name+"/udp", func(b *testing.B) {
			ends := p.open(b, 1)[0]
			load.Connect(b, ends.client, ends.server)
			load.RoundTripsUDP(b, ends.client, ends.server)
		})
	}
}
