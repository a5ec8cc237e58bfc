package bench

import (
	"testing"

	"drydock/bench/load"
)

// BenchmarkHTTP gets 1 KiB by HTTP/1.1 over connections that are kept alive.
func BenchmarkHTTP(b *testing.B) {
	for _, p := range peers {
		b.Run(p.name, func(b *testing.B) {
			ends := p.open(b, 1)[0]
			load.Requests(b, ends.client, ends.server)
		})
	}
}
