package netstack

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim/internal/neigh"
	"drydock/sim/ping"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A segment is two stacks on a cable, and the questions for neighbours that pass there.
type segment struct {
	a, b *Stack
	end  *veth.Endpoint // of b

	mu    sync.Mutex
	asked []string // guarded by mu
}

func newSegment(t *testing.T) *segment {
	end1, end2, err := veth.Pair(veth.WithSeed(1))
	require.NoError(t, err)
	s := &segment{end: end2}
	start := time.Now()
	end2.Tap(func(f veth.Tapped) {
		who, ok := question(f.Frame)
		if !ok {
			return
		}
		if who += " asks all"; f.Frame[0]&1 == 0 {
			who = who[:len(who)-len("all")] + "one"
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, fmt.Sprintf("%v %s", time.Since(start).Truncate(time.Second), who))
	})
	s.a, s.b = newEnd(t, Options{Virtual: true}, end1, 1), newEnd(t, Options{Virtual: true}, end2, 2)
	return s
}

// question returns who asks by a frame.
func question(frame []byte) (who string, ok bool) {
	b := frame[header.EthernetMinimumSize:]
	switch header.Ethernet(frame).Type() {
	case header.ARPProtocolNumber:
		return netip.AddrFrom4([4]byte(header.ARP(b).ProtocolAddressSender())).String(), header.ARP(b).Op() == header.ARPRequest
	case header.IPv6ProtocolNumber:
		icmp := header.ICMPv6(header.IPv6(b).Payload())
		return header.IPv6(b).SourceAddress().String(), header.IPv6(b).NextHeader() == 58 && icmp.Type() == header.ICMPv6NeighborSolicit
	}
	return "", false
}

func (s *segment) questions() []string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.asked
	s.asked = nil
	return list
}

// stateOf returns the state that s has of a neighbour, 0 if it has none.
func stateOf(s *Stack, addr string) neigh.State {
	synctest.Wait()
	for _, n := range s.Neighbours() {
		if n.Addr == netip.MustParseAddr(addr) {
			return n.State
		}
	}
	return 0
}

// TestNeighbourLife has a neighbour that is sent datagrams now and then.
func TestNeighbourLife(t *testing.T) {
	t.Parallel()
	for _, at := range [][2]string{{"10.0.0.1", "10.0.0.2"}, {"fd00::1", "fd00::2"}} {
		synctest.Test(t, func(t *testing.T) {
			s := newSegment(t)
			sink, err := s.b.ListenPacket(bg, "udp", ":9")
			require.NoError(t, err)
			defer sink.Close()
			c, err := s.a.DialContext(bg, "udp", net.JoinHostPort(at[1], "9"))
			require.NoError(t, err)
			defer c.Close()
			_, err = c.Write([]byte("one"))
			require.NoError(t, err)
			assert.Equal(t, neigh.Reachable, stateOf(s.a, at[1]))
			assert.Contains(t, []neigh.State{neigh.Stale, neigh.Delay}, stateOf(s.b, at[0])) // an ARP reply needs no table
			time.Sleep(time.Minute)
			assert.Equal(t, neigh.Stale, stateOf(s.a, at[1]))
			c.Write([]byte("two"))
			assert.Equal(t, neigh.Delay, stateOf(s.a, at[1]))
			time.Sleep(5500 * time.Millisecond)
			assert.Equal(t, neigh.Reachable, stateOf(s.a, at[1]))
			want := []string{"0s " + at[0] + " asks all", "1m5s " + at[0] + " asks one"}
			if at[0] == "fd00::1" { // whose advertisement was sent by its table
				want = []string{want[0], "5s " + at[1] + " asks one", want[1]}
			}
			assert.Equal(t, want, s.questions())
			require.NoError(t, s.a.SetUp(2, false))
			assert.Zero(t, stateOf(s.a, at[1]))
		})
	}
}

// TestNoQuestions: the ends of a connection do not ask for each other while it is in use, and who
// pings does not ask for who answers.
func TestNoQuestions(t *testing.T) {
	t.Parallel()
	for _, at := range [][2]string{{"10.0.0.1", "10.0.0.2"}, {"fd00::1", "fd00::2"}} {
		synctest.Test(t, func(t *testing.T) {
			s := newSegment(t)
			l, err := s.b.Listen(bg, "tcp", ":7")
			require.NoError(t, err)
			defer l.Close()
			go func() {
				c, err := l.Accept()
				if err == nil {
					io.Copy(c, c)
					c.Close()
				}
			}()
			c, err := s.a.DialContext(bg, "tcp", net.JoinHostPort(at[1], "7"))
			require.NoError(t, err)
			for range 300 {
				_, err := c.Write([]byte("?"))
				require.NoError(t, err)
				_, err = io.ReadFull(c, make([]byte, 1))
				require.NoError(t, err)
				require.Equal(t, neigh.Reachable, stateOf(s.a, at[1]))
				time.Sleep(time.Second)
			}
			require.NoError(t, c.Close())
			assert.Equal(t, []string{"0s " + at[0] + " asks all"}, s.questions())
			time.Sleep(time.Hour)

			_, err = s.a.Ping(bg, netip.MustParseAddr(at[1]), &ping.Config{Count: 100, Interval: time.Second})
			require.NoError(t, err)
			assert.NotContains(t, fmt.Sprint(s.questions()), at[0])
		})
	}
}

// TestNewMAC has a neighbour come back with another MAC. It says so, or is missed.
func TestNewMAC(t *testing.T) {
	t.Parallel()
	for _, says := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := newSegment(t)
			got, err := s.b.ListenPacket(bg, "udp", ":9")
			require.NoError(t, err)
			defer got.Close()
			c, err := s.a.DialContext(bg, "udp", "10.0.0.2:9")
			require.NoError(t, err)
			defer c.Close()
			arrives := func() bool {
				c.Write([]byte("?"))
				got.SetReadDeadline(time.Now().Add(time.Second))
				_, _, err := got.ReadFrom(make([]byte, 1))
				return err == nil
			}
			require.True(t, arrives())
			s.end.SetLinkAddress("\x02\x00\x00\x00\x00\x99")
			require.False(t, arrives())
			if says {
				s.b.RemoveNeighbour(2, netip.MustParseAddr("10.0.0.1"))
				_, err := s.b.Ping(bg, netip.MustParseAddr("10.0.0.1"), &ping.Config{Count: 1})
				require.NoError(t, err)
				require.True(t, arrives())
				return
			}
			start := time.Now()
			for !arrives() {
				require.Less(t, time.Since(start), time.Minute)
			}
			assert.Greater(t, time.Since(start), 15*time.Second)
		})
	}
}

// TestNeighboursOfNewInterface has an interface come and go: its neighbours go with it.
func TestNeighboursOfNewInterface(t *testing.T) {
	t.Parallel()
	s := newStack(t, Options{})
	for range 3 {
		a, b, err := veth.Pair(veth.WithSeed(1))
		require.NoError(t, err)
		require.NoError(t, s.AddNIC(2, "eth0", a))
		require.Empty(t, s.Neighbours())
		require.NoError(t, s.AddNeighbour(2, netip.MustParseAddr("10.0.0.9"), net.HardwareAddr(b.LinkAddress())))
		require.Error(t, s.AddNIC(2, "eth1", b), "the index is taken")
		require.Len(t, s.Neighbours(), 1)
		require.Error(t, s.AddNeighbour(1, netip.MustParseAddr("127.0.0.9"), net.HardwareAddr(b.LinkAddress())), "lo has none")
		require.NoError(t, s.RemoveNIC(2))
		require.Empty(t, s.Neighbours())
		b.Close()
	}
}

// TestManyNeighbours has a program look for more neighbours than there may be. It does not notice.
func TestManyNeighbours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSegment(t)
		c, err := s.a.ListenPacket(bg, "udp", ":0")
		require.NoError(t, err)
		defer c.Close()
		require.NoError(t, s.a.AddAddr(2, netip.MustParsePrefix("10.1.0.1/16")))
		for _, base := range []string{"10.1.1.0", "fd00::1:0"} {
			before := s.a.stack.Stats().IP.OutgoingPacketErrors.Value()
			to := netip.MustParseAddr(base)
			for range 1500 {
				_, err := c.WriteTo([]byte("?"), net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, 9)))
				require.NoError(t, err)
				to = to.Next()
			}
			require.EqualValues(t, 1500-1024, s.a.stack.Stats().IP.OutgoingPacketErrors.Value()-before)
			time.Sleep(3 * time.Second)
		}
		require.Len(t, s.a.Neighbours(), 2*1024)
		require.Equal(t, neigh.Failed, s.a.Neighbours()[0].State)
	})
}

// FuzzNeighbours delivers any ARP packets and messages of neighbour discovery: the tables stay
// small, no MAC is one that nobody can have, and the stack goes on to work.
func FuzzNeighbours(f *testing.F) {
	f.Add([]byte("\x00\x01\x08\x00\x06\x04\x00\x01\x02\x00\x00\x00\x00\x07\x0a\x00\x00\x07\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x01"), uint8(0))
	f.Add([]byte("\x87\x00\x00\x00\x00\x00\x00\x00\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x01\x02\x00\x00\x00\x00\x07"), uint8(1))
	f.Add([]byte("\x88\x00\x00\x00\x60\x00\x00\x00\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\x02\x01\x02\x00\x00\x00\x00\x07"), uint8(1))
	f.Add([]byte("\x86\x00\x00\x00\x40\x00\x07\x08\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x02\x00\x00\x00\x00\x07"), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, six uint8) {
		synctest.Test(t, func(t *testing.T) {
			end1, end2, err := veth.Pair(veth.WithSeed(1))
			require.NoError(t, err)
			s := newEnd(t, Options{Virtual: true}, end1, 1)
			for _, dst := range []tcpip.LinkAddress{end1.LinkAddress(), header.EthernetBroadcastAddress} {
				frame := neighbourFrame(b[:min(len(b), 1400)], six&1 == 1, end2.LinkAddress(), dst)
				pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(frame)})
				end2.WritePacket(pkt)
				pkt.DecRef()
				synctest.Wait()
				time.Sleep(10 * time.Second)
			}
			list := s.Neighbours()
			require.LessOrEqual(t, len(list), 2)
			for _, n := range list {
				require.False(t, n.Addr.IsMulticast() || n.Addr.IsUnspecified(), n)
			}
			_, err = s.Ping(bg, netip.MustParseAddr("10.0.0.1"), &ping.Config{Count: 1})
			require.NoError(t, err)
		})
	})
}

// neighbourFrame returns a frame of ARP, or of ICMPv6 with a right checksum.
func neighbourFrame(b []byte, six bool, src, dst tcpip.LinkAddress) []byte {
	proto, head := header.ARPProtocolNumber, 0
	if six {
		proto, head = header.IPv6ProtocolNumber, header.IPv6MinimumSize
	}
	frame := make([]byte, header.EthernetMinimumSize+head+len(b))
	header.Ethernet(frame).Encode(&header.EthernetFields{SrcAddr: src, DstAddr: dst, Type: proto})
	ip := frame[header.EthernetMinimumSize:]
	copy(ip[head:], b)
	if six {
		from, to := toAddress(netip.MustParseAddr("fe80::7")), toAddress(netip.MustParseAddr("fd00::1"))
		header.IPv6(ip).Encode(&header.IPv6Fields{
			PayloadLength: uint16(len(b)), TransportProtocol: header.ICMPv6ProtocolNumber, HopLimit: 255, SrcAddr: from, DstAddr: to,
		})
		if len(b) >= header.ICMPv6MinimumSize {
			icmp := header.ICMPv6(ip[head:])
			icmp.SetChecksum(0)
			sum := header.PseudoHeaderChecksum(header.ICMPv6ProtocolNumber, from, to, uint16(len(b)))
			icmp.SetChecksum(^checksum.Checksum(icmp, sum))
		}
	}
	return frame
}
