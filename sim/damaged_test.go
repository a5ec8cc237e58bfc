package sim_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"sync"
	"testing"
	"time"

	"drydock/drop"
	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDamagedIsTold: what a cable damages is told and counted, of whatever protocol, and no
// program gets it.
func TestDamagedIsTold(t *testing.T) {
	t.Parallel()
	const count = 100
	for _, tt := range []struct {
		name, address string
		udp           bool
		size          int
		told          bool // fragments are only counted: the stack that puts them together says nothing
	}{
		{"echo", "172.30.0.2", false, 1000, true},
		{"ICMPv6", "fd00:1::2", false, 1000, true},
		{"echo in fragments", "172.30.0.2", false, 3000, false},
		{"UDP", "172.30.0.2", true, 1000, true},
		{"UDP in fragments", "172.30.0.2", true, 3000, false},
		{"UDP in fragments by IPv6", "fd00:1::2", true, 3000, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			simtest.VirtualTime(t, func(t *testing.T) {
				host := simtest.NewHost(t, sim.WithSeed(7))
				n := simtest.NewNetwork(t, host, "n", sim.WithSubnet(prefix("172.30.0.0/16")), sim.WithSubnet(prefix("fd00:1::/64")))
				web := simtest.Run(t, host, "web", sim.WithNetwork(n))
				cli := simtest.Run(t, host, "cli", sim.WithNetwork(n))
				_, err := cli.Ping(t.Context(), tt.address, nil)
				require.NoError(t, err)
				require.NoError(t, cli.Link(n).Impair(veth.Impairment{Corrupt: veth.Chance{P: 1}}, veth.Impairment{}))
				var mu sync.Mutex
				told := drop.Counts{} // guarded by mu
				host.OnDrop(func(d sim.Drop) {
					mu.Lock()
					defer mu.Unlock()
					if d.Place.Owner == "web" {
						told[d.Reason]++
					}
				})
				if tt.udp {
					assert.Empty(t, wronglyReceived(t, web, cli, net.JoinHostPort(tt.address, "9"), make([]byte, tt.size), count))
				} else {
					_, err := cli.Ping(t.Context(), tt.address, &ping.Config{Count: count, Interval: 10 * time.Millisecond, Size: tt.size})
					require.NoError(t, err)
				}
				time.Sleep(time.Minute)
				wrong := host.Drops()[drop.Checksum]
				assert.Greater(t, wrong, uint64(count/4), "%v", host.DropsByPlace())
				mu.Lock()
				defer mu.Unlock()
				if tt.told {
					assert.Greater(t, told[drop.Checksum], uint64(count/4), "%v", told)
				}
			})
		})
	}
}

// wronglyReceived sends datagrams and returns those that arrive and are others.
func wronglyReceived(t *testing.T, to, from *sim.Container, address string, sent []byte, count int) (wrong [][]byte) {
	l, err := to.ListenPacket(t.Context(), "udp", ":9")
	require.NoError(t, err)
	defer l.Close()
	c, err := from.DialContext(t.Context(), "udp", address)
	require.NoError(t, err)
	defer c.Close()
	for range count {
		c.Write(sent)
		time.Sleep(time.Millisecond)
	}
	l.SetReadDeadline(time.Now().Add(time.Second))
	b := make([]byte, len(sent)+1)
	for {
		n, _, err := l.ReadFrom(b)
		if err != nil {
			return wrong
		}
		if !bytes.Equal(b[:n], sent) {
			wrong = append(wrong, bytes.Clone(b[:n]))
		}
	}
}

// TestFragmentsHaveAChecksum: a datagram that is sent in fragments has a checksum, which no card
// computes any more.
func TestFragmentsHaveAChecksum(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		web, cli := simtest.Run(t, host, "web"), simtest.Run(t, host, "cli")
		var sums []uint16
		host.Sniff(func(p sim.Place) bool { return p.Owner == "web" }, func(s sim.Sniffed) {
			if ip := s.Frame[14:]; len(ip) > 1400 && ip[9] == 17 && binary.BigEndian.Uint16(ip[6:]) == 0x2000 {
				sums = append(sums, binary.BigEndian.Uint16(ip[20+6:]))
			}
		})
		assert.Empty(t, wronglyReceived(t, web, cli, web.IP().String()+":9", make([]byte, 3000), 1))
		require.Len(t, sums, 1)
		assert.NotZero(t, sums[0])
	})
}
