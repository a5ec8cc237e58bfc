package bench

import (
	"fmt"
	"net"
	"testing"

	"drydock/bench/load"
)

// BenchmarkTCPStream sends through one TCP connection.
func BenchmarkTCPStream(b *testing.B) {
	for _, p := range peers {
		b.Run(p.name, func(b *testing.B) { streams(b, p, 1) })
	}
}

// BenchmarkTCPStreams sends through several TCP connections at once, each between
// two ends of its own.
func BenchmarkTCPStreams(b *testing.B) {
	for _, p := range peers {
		for _, n := range []int{2, 8, 32} {
			b.Run(fmt.Sprintf("%s/pairs=%d", p.name, n), func(b *testing.B) { streams(b, p, n) })
		}
	}
}

// streams connects n pairs and measures what they transfer.
func streams(b *testing.B, p peer, n int) {
	var senders, receivers []net.Conn
	for _, ends := range p.open(b, n) {
		sender, receiver := load.Connect(b, ends.client, ends.server)
		senders, receivers = append(senders, sender), append(receivers, receiver)
	}
	load.Transfer(b, senders, receivers)
}
