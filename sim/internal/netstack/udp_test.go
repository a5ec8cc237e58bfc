package netstack

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A datagramConn is a *UDPConn or *net.UDPConn.
type datagramConn interface {
	net.Conn
	net.PacketConn
	ReadFromUDP(b []byte) (int, *net.UDPAddr, error)
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDP(b []byte, addr *net.UDPAddr) (int, error)
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error)
	SetReadBuffer(bytes int) error
	SetWriteBuffer(bytes int) error
}

func TestDatagrams(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		send, room int // sizes of the datagram and of what it is read into
		want       int
	}{
		{"one", 1, 10, 1},
		{"empty", 0, 10, 0},
		{"exact", 10, 10, 10},
		{"cut", 100, 10, 10},
		{"cut to nothing", 100, 0, 0},
		{"fragmented", 5000, 10000, 5000},
		{"largest", 65507, 65507, 65507},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, e env) {
				s := e.listenPacket(t, "udp")
				c := e.dial(t, s.LocalAddr())
				n, err := c.Write(make([]byte, tt.send))
				require.NoError(t, err)
				assert.Equal(t, tt.send, n)
				n, from, err := s.ReadFrom(make([]byte, tt.room))
				require.NoError(t, err)
				assert.Equal(t, tt.want, n)
				assert.Equal(t, c.LocalAddr().String(), from.String())

				// What did not fit is lost: the next datagram is the next one.
				_, err = c.Write([]byte("next"))
				require.NoError(t, err)
				b := make([]byte, 10)
				n, _, err = s.ReadFrom(b)
				require.NoError(t, err)
				assert.Equal(t, "next", string(b[:n]))
			})
		})
	}
}

// The methods for an address of each kind do the same.
func TestDatagramMethods(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		s := e.listenPacket(t, "udp").(datagramConn)
		c, err := e.client.ListenPacket(bg, "udp", ":0")
		require.NoError(t, err)
		defer c.Close()
		to := s.LocalAddr().(*net.UDPAddr)
		b := make([]byte, 10)
		var froms []string
		for _, send := range []func(datagramConn) (int, error){
			func(c datagramConn) (int, error) { return c.WriteTo([]byte("abc"), to) },
			func(c datagramConn) (int, error) { return c.WriteToUDP([]byte("abc"), to) },
			func(c datagramConn) (int, error) { return c.WriteToUDPAddrPort([]byte("abc"), to.AddrPort()) },
		} {
			n, err := send(c.(datagramConn))
			require.NoError(t, err)
			assert.Equal(t, 3, n)
			switch len(froms) {
			case 0:
				var a net.Addr
				n, a, err = s.ReadFrom(b)
				froms = append(froms, a.String())
			case 1:
				var a *net.UDPAddr
				n, a, err = s.ReadFromUDP(b)
				froms = append(froms, a.String())
			default:
				var a netip.AddrPort
				n, a, err = s.ReadFromUDPAddrPort(b)
				froms = append(froms, a.String())
			}
			require.NoError(t, err)
			assert.Equal(t, "abc", string(b[:n]))
		}
		assert.Equal(t, froms[0], froms[1])
		assert.Equal(t, froms[0], froms[2])
		assert.NoError(t, s.SetReadBuffer(1<<16))
		assert.NoError(t, s.SetWriteBuffer(1<<16))
	})
}

// A connected socket hears its peer alone.
func TestConnectedUDP(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		s := e.listenPacket(t, "udp")
		stranger := e.listenPacket(t, "udp")
		c := e.dial(t, s.LocalAddr())
		assert.Equal(t, s.LocalAddr().String(), c.RemoteAddr().String())
		_, err := stranger.WriteTo([]byte("from a stranger"), c.LocalAddr())
		require.NoError(t, err)
		_, err = s.WriteTo([]byte("peer"), c.LocalAddr())
		require.NoError(t, err)
		b := make([]byte, 100)
		n, err := c.Read(b)
		require.NoError(t, err)
		assert.Equal(t, "peer", string(b[:n]))
	})
}

// The socket goes on after an error, which is reported once.
func TestUDPAfterRefusal(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		addr := e.freePort(t, "udp")
		c, err := e.client.DialContext(bg, "udp", addr)
		require.NoError(t, err)
		defer c.Close()
		require.NoError(t, writing(c))
		require.Error(t, reading(c))
		s, err := e.server.ListenPacket(bg, "udp", addr)
		require.NoError(t, err)
		defer s.Close()
		require.NoError(t, writing(c))
		_, _, err = s.ReadFrom(make([]byte, 1))
		require.NoError(t, err)
	})
}

func TestUDPAddresses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		network        string // to listen on
		address        string
		bound          string // what it prints without the port
		dial           string // the host to dial
		remote         string // whom it hears, without the port
		remoteIPLength int
	}{
		{"both families by v4", "udp", ":0", "[::]", "10.0.0.2", "10.0.0.1", 16},
		{"both families by v6", "udp", ":0", "[::]", "fd00::2", "[fd00::1]", 16},
		{"v4 alone", "udp4", ":0", "0.0.0.0", "10.0.0.2", "10.0.0.1", 4},
		{"v6 alone", "udp6", ":0", "[::]", "fd00::2", "[fd00::1]", 16},
		{"v4 address", "udp", "10.0.0.2:0", "10.0.0.2", "10.0.0.2", "10.0.0.1", 4},
		{"v6 address", "udp", "[fd00::2]:0", "[fd00::2]", "fd00::2", "[fd00::1]", 16},
		{"zone", "udp", "[fe80::2%eth0]:0", "[fe80::2%eth0]", "fe80::2%eth0", "[fe80::1%eth0]", 16},
		{"v4 group", "udp", "239.1.2.3:0", "0.0.0.0", "10.0.0.2", "10.0.0.1", 4},
		{"v6 group", "udp", "[ff02::1234%eth0]:0", "[::]", "fd00::2", "[fd00::1]", 16},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := newPair(t, Options{Seed: 1})
			s, err := b.ListenPacket(bg, tt.network, tt.address)
			require.NoError(t, err)
			port := portOf(t, s.LocalAddr())
			assert.Equal(t, tt.bound+":"+port, s.LocalAddr().String())

			c, err := a.DialContext(bg, "udp", net.JoinHostPort(tt.dial, port))
			require.NoError(t, err)
			require.NoError(t, writing(c))
			_, from, err := s.ReadFrom(make([]byte, 1))
			require.NoError(t, err)
			assert.Equal(t, tt.remote+":"+portOf(t, c.LocalAddr()), from.String())
			assert.Equal(t, c.LocalAddr().String(), from.String())
			assert.Len(t, from.(*net.UDPAddr).IP, tt.remoteIPLength)

			// And back, to the address as it was heard.
			_, err = s.WriteTo([]byte("x"), from)
			require.NoError(t, err)
			require.NoError(t, reading(c))
		})
	}
}

func TestBroadcast(t *testing.T) {
	t.Parallel()
	a, b := newPair(t, Options{Seed: 1})
	s, err := b.ListenPacket(bg, "udp4", ":67")
	require.NoError(t, err)
	c, err := a.ListenPacket(bg, "udp4", ":68")
	require.NoError(t, err)
	_, err = c.WriteTo([]byte("who?"), &net.UDPAddr{IP: net.IPv4(10, 0, 0, 255), Port: 67})
	require.NoError(t, err)
	_, from, err := s.ReadFrom(make([]byte, 10))
	require.NoError(t, err)
	assert.Equal(t, "10.0.0.1:68", from.String())
}

func TestMulticast(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, network string
		group         net.Addr
		listen        string
	}{
		{"v4", "udp4", &net.UDPAddr{IP: net.IPv4(239, 1, 2, 3)}, "239.1.2.3:5353"},
		{"v4 on both families", "udp", &net.IPAddr{IP: net.IPv4(239, 1, 2, 3)}, ":5353"},
		{"v6", "udp6", &net.UDPAddr{IP: net.ParseIP("ff02::1234")}, "[ff02::1234%eth0]:5353"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := newPair(t, Options{Seed: 1})
			a.SetDefault(2, netip.MustParseAddr("10.0.0.2"))
			eth0 := &net.Interface{Index: 2, Name: "eth0"}
			var members []*UDPConn
			for _, s := range []*Stack{a, b} {
				c, err := s.ListenPacket(bg, tt.network, tt.listen)
				require.NoError(t, err)
				m := c.(*UDPConn)
				require.NoError(t, m.JoinGroup(eth0, tt.group))
				members = append(members, m)
			}
			err := members[0].JoinGroup(eth0, tt.group)
			assert.Equal(t, "address already in use", rootOf(err).Error())

			to := &net.UDPAddr{Port: 5353, Zone: "eth0"}
			switch g := tt.group.(type) {
			case *net.UDPAddr:
				to.IP = g.IP
			case *net.IPAddr:
				to.IP = g.IP
			}
			_, err = members[0].WriteTo([]byte("all"), to)
			require.NoError(t, err)
			for _, m := range members { // the sender too
				m.SetReadDeadline(time.Now().Add(10 * time.Second))
				require.NoError(t, reading(m))
			}
			require.NoError(t, members[1].LeaveGroup(eth0, tt.group))
			err = members[1].LeaveGroup(eth0, tt.group)
			assert.Equal(t, "cannot assign requested address", rootOf(err).Error())
			assert.ErrorContains(t, members[1].JoinGroup(eth0, &net.UDPAddr{IP: net.IPv4(10, 0, 0, 1)}), "invalid argument")
		})
	}
}

func rootOf(err error) error {
	for {
		inner, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err
		}
		err = inner.Unwrap()
	}
}

// Two sockets of a stack hear the same group.
func TestSharedGroupPort(t *testing.T) {
	t.Parallel()
	a, _ := newPair(t, Options{Seed: 1})
	a.SetDefault(2, netip.MustParseAddr("10.0.0.2"))
	var members []*UDPConn
	for range 2 {
		c, err := a.ListenPacket(bg, "udp4", "239.1.2.3:5353")
		require.NoError(t, err)
		m := c.(*UDPConn)
		require.NoError(t, m.JoinGroup(nil, &net.UDPAddr{IP: net.IPv4(239, 1, 2, 3)}))
		members = append(members, m)
	}
	_, err := members[0].WriteToUDPAddrPort([]byte("x"), netip.MustParseAddrPort("239.1.2.3:5353"))
	require.NoError(t, err)
	for _, m := range members {
		m.SetReadDeadline(time.Now().Add(10 * time.Second))
		require.NoError(t, reading(m))
	}
}

func TestConcurrentReads(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		s := e.listenPacket(t, "udp")
		c := e.dial(t, s.LocalAddr())
		require.NoError(t, writing(c)) // ARP loses nothing, but takes its time
		require.NoError(t, reading(s.(net.Conn)))
		const n = 50
		var wg sync.WaitGroup
		for range n {
			wg.Go(func() {
				_, _, err := s.ReadFrom(make([]byte, 1))
				assert.NoError(t, err)
			})
			wg.Go(func() { assert.NoError(t, writing(c)) })
		}
		wg.Wait()
	})
}
