package dnsd_test

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"drydock/dnsd"
)

// newBigZone has a thousand containers with four names each, one of which all share.
func newBigZone(tb testing.TB) *dnsd.Zone {
	z := dnsd.NewZone("net")
	for i := range 1000 {
		require.NoError(tb, z.Set(fmt.Sprint(i), bigHost(i)))
	}
	return z
}

func bigHost(i int) dnsd.Host {
	return dnsd.Host{
		Name:    fmt.Sprint("container", i),
		Aliases: []string{fmt.Sprintf("%012x", i), fmt.Sprint("alias", i), "all"},
		Addrs:   []netip.Addr{netip.AddrFrom4([4]byte{172, 18, byte(i >> 8), byte(i)})},
	}
}

// discard is a client that packs replies and drops them.
type discard struct {
	dns.ResponseWriter
	buf []byte
}

func (w *discard) RemoteAddr() net.Addr { return &net.UDPAddr{} }

func (w *discard) WriteMsg(m *dns.Msg) error {
	b, err := m.PackBuffer(w.buf)
	w.buf = b[:cap(b)]
	return err
}

// BenchmarkServeDNS answers from a zone of a thousand containers, by as many
// resolvers as there are.
func BenchmarkServeDNS(b *testing.B) {
	z := newBigZone(b)
	resolvers := make([]*dnsd.Resolver, 1000)
	for i := range resolvers {
		resolvers[i] = newResolver(b, []*dnsd.Zone{z})
	}
	for _, bb := range []struct {
		name string
		q    *dns.Msg
	}{
		{"name", query("container500", dns.TypeA)},
		{"name.network", query("Container500.net", dns.TypeA)},
		{"empty", query("container500", dns.TypeAAAA)},
		{"pointer", query("5.1.18.172.in-addr.arpa", dns.TypePTR)},
		{"truncated", query("all", dns.TypeA)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			var next atomic.Uint32
			b.RunParallel(func(pb *testing.PB) {
				w := &discard{buf: make([]byte, 512)}
				for pb.Next() {
					resolvers[next.Add(1)%1000].ServeDNS(w, bb.q)
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "queries/s")
		})
	}
}

// BenchmarkZone replaces a host of a thousand, as a container's restart does.
func BenchmarkZone(b *testing.B) {
	b.Run("set", func(b *testing.B) {
		z := newBigZone(b)
		hosts := make([]dnsd.Host, 1000)
		for i := range hosts {
			hosts[i] = bigHost(i)
			hosts[i].Aliases = hosts[i].Aliases[:2]
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			_ = z.Set(fmt.Sprint(i%1000), hosts[i%1000])
		}
	})
	b.Run("set shared", func(b *testing.B) {
		z := newBigZone(b)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			_ = z.Set(fmt.Sprint(i%1000), bigHost(i%1000))
		}
	})
	b.Run("thousand", func(b *testing.B) {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		z := newBigZone(b)
		runtime.GC()
		runtime.ReadMemStats(&after)
		for b.Loop() {
			newBigZone(b)
		}
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1000, "B/container")
		runtime.KeepAlive(z)
	})
}

// BenchmarkServe asks over UDP on the loopback of the machine.
func BenchmarkServe(b *testing.B) {
	pc, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(b, err)
	done := make(chan error, 1)
	go func() { done <- dnsd.Serve(b.Context(), newResolver(b, []*dnsd.Zone{newBigZone(b)}), pc, nil) }()
	b.Cleanup(func() { require.NoError(b, <-done) })
	conn, err := net.Dial("udp4", pc.LocalAddr().String())
	require.NoError(b, err)
	defer conn.Close()
	wire, err := query("container500", dns.TypeA).Pack()
	require.NoError(b, err)
	buf := make([]byte, 512)
	b.ReportAllocs()
	for b.Loop() {
		_, err := conn.Write(wire)
		require.NoError(b, err)
		_, err = conn.Read(buf)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "queries/s")
}
