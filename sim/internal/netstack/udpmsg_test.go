package netstack

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// TestControlMessages: a datagram tells where it was sent to, and the answer can be sent
// from there.
func TestControlMessages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		network, host string
		dst, mapped   string // where it says that it was sent to; mapped if that stands in IPv6's words, too
		router        bool
	}{
		{"udp4", "10.0.0.2", "10.0.0.2", "", false},
		{"udp4", "10.0.1.2", "10.0.1.2", "", false},
		{"udp", "10.0.1.2", "10.0.1.2", "::ffff:10.0.1.2", false},
		{"udp", "10.0.1.2", "10.0.1.2", "::ffff:10.0.1.2", true},
		{"udp", "fd00::2", "fd00::2", "", false},
		{"udp", "2001:db8::2", "2001:db8::2", "", true},
		{"udp6", "fe80::2%eth0", "fe80::2", "", false},
	} {
		t.Run(fmt.Sprint(tt), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, b := newPair(t, Options{Seed: 1, Virtual: true, Router: tt.router})
				addAddrs(t, a, "10.0.1.1/24", "2001:db8::1/64")
				addAddrs(t, b, "10.0.1.2/24", "2001:db8::2/64")
				p, err := b.ListenPacket(bg, tt.network, ":53")
				require.NoError(t, err)
				s := p.(*UDPConn)
				c, err := a.DialContext(bg, "udp", net.JoinHostPort(tt.host, "53"))
				require.NoError(t, err)
				require.NoError(t, c.(*UDPConn).SetTTL(33))

				buf, oob := make([]byte, 9), make([]byte, 200)
				c.Write([]byte("before"))
				_, oobn, _, _, err := s.ReadMsgUDP(buf, oob)
				require.NoError(t, err)
				require.Zero(t, oobn, "nothing is told unless it was asked for")
				require.NoError(t, s.SetControlMessage(true))
				c.Write([]byte("longer than nine"))
				n, oobn, flags, from, err := s.ReadMsgUDPAddrPort(buf, oob)
				require.NoError(t, err)
				assert.Equal(t, "longer th", string(buf[:n]))
				assert.Equal(t, msgTrunc, flags)
				m, err := ParseControlMessage(oob[:oobn])
				require.NoError(t, err)
				assert.Equal(t, ControlMessage{TTL: 33, Dst: netip.MustParseAddr(tt.dst), IfIndex: 2, Src: m.Src}, m)
				if runtime.GOOS == "linux" {
					asOthersRead(t, oob[:oobn], tt.dst, tt.mapped)
				}

				// The answer comes from there, with the TTL that it is given.
				reply := ControlMessage{Src: m.Dst, IfIndex: m.IfIndex, TTL: 9}
				n, oobn, err = s.WriteMsgUDPAddrPort([]byte("answer"), reply.Marshal(), from)
				require.NoError(t, err)
				require.Equal(t, []int{6, len(reply.Marshal())}, []int{n, oobn})
				cc := c.(*UDPConn)
				require.NoError(t, cc.SetControlMessage(true))
				_, oobn, _, peer, err := cc.ReadMsgUDP(buf, oob)
				require.NoError(t, err)
				require.Equal(t, c.RemoteAddr(), net.Addr(peer))
				m, err = ParseControlMessage(oob[:oobn])
				require.NoError(t, err)
				require.Equal(t, 9, m.TTL)

				s.WriteToUDPAddrPort([]byte("no room"), from)
				_, oobn, flags, _, err = cc.ReadMsgUDP(buf, nil)
				require.NoError(t, err)
				if peer.IP.String() == tt.dst { // its own choice may be another address
					require.Equal(t, []int{0, msgCtrunc}, []int{oobn, flags})
				}
			})
		})
	}
}

// asOthersRead reads control messages as programs do that use golang.org/x/net.
func asOthersRead(t *testing.T, oob []byte, dst, mapped string) {
	var cm4 ipv4.ControlMessage
	var cm6 ipv6.ControlMessage
	require.NoError(t, cm4.Parse(oob))
	require.NoError(t, cm6.Parse(oob))
	if netip.MustParseAddr(dst).Is6() {
		assert.Equal(t, dst, cm6.Dst.String())
		assert.Equal(t, 33, cm6.HopLimit)
		return
	}
	assert.Equal(t, []any{dst, 33, 2}, []any{cm4.Dst.String(), cm4.TTL, cm4.IfIndex})
	assert.Equal(t, mapped != "", cm6.Dst.To4() != nil)
}

// TestWriteMsgRefused has what cannot be sent.
func TestWriteMsgRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, _ := newPair(t, Options{Seed: 1, Virtual: true})
		p, err := a.ListenPacket(bg, "udp", ":0")
		require.NoError(t, err)
		s := p.(*UDPConn)
		to := &net.UDPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 53}
		for name, tt := range map[string]struct {
			to  *net.UDPAddr
			oob []byte
			err error
		}{
			"no address":       {nil, nil, errMissingAddress},
			"garbage":          {to, []byte("garbage"), syscall.EINVAL},
			"foreign address":  {to, ControlMessage{Src: netip.MustParseAddr("10.0.0.9")}.Marshal(), syscall.EINVAL},
			"other family":     {to, ControlMessage{Src: netip.MustParseAddr("fd00::1")}.Marshal(), syscall.EINVAL},
			"TTL":              {to, ControlMessage{TTL: 256}.Marshal(), syscall.EINVAL},
			"port 0":           {&net.UDPAddr{IP: to.IP}, ControlMessage{TTL: 9}.Marshal(), syscall.EINVAL},
			"no way":           {&net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9}, ControlMessage{TTL: 9}.Marshal(), syscall.ENETUNREACH},
			"unknown":          {to, appendMessage(nil, 1, 1, 0), syscall.EINVAL},
			"another's device": {to, ControlMessage{IfIndex: 9}.Marshal(), syscall.ENETUNREACH},
		} {
			_, _, err := s.WriteMsgUDP([]byte("x"), tt.oob, tt.to)
			require.ErrorIs(t, err, tt.err, name)
			require.Equal(t, "write", err.(*net.OpError).Op)
		}
		_, _, err = s.WriteMsgUDP(make([]byte, 65536), ControlMessage{TTL: 9}.Marshal(), to)
		require.ErrorIs(t, err, syscall.EMSGSIZE)
		for _, ttl := range []int{0, -1, 256} {
			require.ErrorIs(t, s.SetTTL(ttl), syscall.EINVAL)
		}
		require.NoError(t, s.SetMulticastTTL(0))
		require.ErrorIs(t, s.SetMulticastTTL(256), syscall.EINVAL)
		c, err := a.DialContext(bg, "udp", to.String())
		require.NoError(t, err)
		_, _, err = c.(*UDPConn).WriteMsgUDP(nil, nil, to)
		require.ErrorIs(t, err, net.ErrWriteToConnected)
		n, _, err := c.(*UDPConn).WriteMsgUDPAddrPort([]byte("x"), nil, netip.AddrPort{})
		require.NoError(t, err)
		require.Equal(t, 1, n)
		s.Close()
		_, _, err = s.WriteMsgUDP(nil, ControlMessage{TTL: 9}.Marshal(), to)
		require.ErrorIs(t, err, net.ErrClosed)
		_, _, _, _, err = s.ReadMsgUDP(nil, nil)
		require.ErrorIs(t, err, net.ErrClosed)
		require.ErrorIs(t, s.SetControlMessage(true), net.ErrClosed)
		require.ErrorIs(t, s.SetTTL(3), net.ErrClosed)
	})
}

// FuzzParseControlMessage: whatever is parsed is what its Marshal says.
func FuzzParseControlMessage(f *testing.F) {
	for _, m := range []ControlMessage{
		{}, {TTL: 3}, {IfIndex: 7}, {Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr("10.0.0.2"), TTL: 64},
		{Dst: netip.MustParseAddr("fd00::1"), IfIndex: 2, TTL: 255},
	} {
		f.Add(m.Marshal())
	}
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 8, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseControlMessage(b)
		if err != nil {
			return
		}
		again, err := ParseControlMessage(m.Marshal())
		require.NoError(t, err)
		if !m.Src.Is6() && !m.Dst.Is6() {
			require.Equal(t, m, again)
		}
	})
}
