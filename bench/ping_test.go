package bench

import (
	"drydock/bench/load"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// BenchmarkPing sends ICMP echo requests, each on the reply to the one before.
func BenchmarkPing(b *testing.B) {
	for _, p := range peers {
		b.Run(p.name, func(b *testing.B) {
			ends := p.open(b, 1)[0]
			if _, ok := ends.client.(*kernelEnd); ok {
				needRoot(b) // for the raw socket
			}
			_, err := ends.client.ping(b.Context(), ends.server.Addr(), 1) // ARP
			require.NoError(b, err)
			b.ResetTimer()
			times, err := ends.client.ping(b.Context(), ends.server.Addr(), b.N)
			b.StopTimer()
			require.NoError(b, err)
			load.ReportTimes(b, times)
		})
	}
}

// echo sends n ICMP echo requests through conn, each on the reply to the one
// before, and returns the times that the replies took. They carry 56 bytes of
// data, as ping's do.
func echo(conn io.ReadWriter, n int) ([]time.Duration, error) {
	request := header.ICMPv4(make([]byte, header.ICMPv4MinimumSize+56))
	request.SetType(header.ICMPv4Echo)
	request.SetIdent(uint16(os.Getpid()))
	reply := make(header.ICMPv4, 1500)
	times := make([]time.Duration, 0, n)
	for seq := range uint64(n) {
		request.SetSequence(uint16(seq))
		binary.BigEndian.PutUint64(request.Payload(), seq)
		request.SetChecksum(0)
		request.SetChecksum(^checksum.Checksum(request, 0))
		start := time.Now()
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		for { // a raw socket on loopback sees the requests too
			size, err := conn.Read(reply)
			if err != nil {
				return nil, err
			}
			if size != len(request) {
				return nil, fmt.Errorf("a reply of %d bytes", size)
			}
			if reply.Type() == header.ICMPv4EchoReply && binary.BigEndian.Uint64(reply.Payload()) == seq {
				break
			}
		}
		times = append(times, time.Since(start))
	}
	return times, nil
}
