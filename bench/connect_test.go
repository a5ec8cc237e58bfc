package bench

import (
	"testing"

	"drydock/bench/load"
)

// BenchmarkConnect opens connections that the server closes at once.
func BenchmarkConnect(b *testing.B) {
	for _, p := range peers {
		b.Run(p.name, func(b *testing.B) {
			ends := p.open(b, 1)[0]
			load.Connections(b, ends.client, ends.server)
		})
	}
}
