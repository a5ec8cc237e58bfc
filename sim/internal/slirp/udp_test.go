package slirp

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"drydock/sim/internal/relay"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	testTimeout = 10 * time.Second
	tick        = time.Millisecond
)

// echo answers datagrams with who sent them, and closes the socket with the test.
func echo(c net.PacketConn) {
	buf := make([]byte, relay.MaxDatagram)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		c.WriteTo(fmt.Appendf(nil, "%s from %v", buf[:n], from), from)
	}
}

// ask sends a datagram until it is answered, as UDP clients do.
func ask(tb testing.TB, c net.Conn, question string) string {
	tb.Helper()
	buf := make([]byte, relay.MaxDatagram)
	for range 50 {
		_, err := c.Write([]byte(question))
		require.NoError(tb, err)
		c.SetReadDeadline(time.Now().Add(testTimeout / 50))
		if n, err := c.Read(buf); err == nil {
			return string(buf[:n])
		}
	}
	require.Fail(tb, "no answer")
	return ""
}

func TestExposeUDP(t *testing.T) {
	t.Parallel()
	n, h := newNet(t, Options{})
	server := h.listenPacket(t, "172.17.0.2:53")
	go echo(server)
	x := expose(t, n, server.LocalAddr())
	var tasks sync.WaitGroup
	for i := range 20 {
		c := dialReal(t, x.Addr())
		port := netip.MustParseAddrPort(c.LocalAddr().String()).Port()
		tasks.Go(func() {
			for range 10 {
				assert.Equal(t, fmt.Sprintf("q%d from 10.0.2.2:%d", i, port), ask(t, c, fmt.Sprint("q", i)))
			}
		})
	}
	tasks.Wait()
	x.Close()
	require.Empty(t, n.sources.used)
}

// TestUDPSources dials from the same address.
func TestUDPSources(t *testing.T) {
	t.Parallel()
	n, h := newNet(t, Options{})
	go echo(h.listenPacket(t, "172.17.0.2:53"))
	go echo(h.listenPacket(t, "172.17.0.2:54"))
	from := netip.MustParseAddrPort("203.0.113.7:4321")
	dial := func(to string) net.Conn {
		c, err := n.dialUDP(from, netip.MustParseAddrPort(to))
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		return c
	}
	c53, c54, again := dial("172.17.0.2:53"), dial("172.17.0.2:54"), dial("172.17.0.2:53")
	assert.Equal(t, "q from 203.0.113.7:4321", ask(t, c53, "q"))
	assert.Equal(t, "q from 203.0.113.7:4321", ask(t, c54, "q"))
	other := ask(t, again, "q")
	assert.Regexp(t, `^q from 203\.0\.113\.7:`, other)
	assert.NotEqual(t, "q from 203.0.113.7:4321", other)

	c53.Close()
	assert.Equal(t, "q from 203.0.113.7:4321", ask(t, dial("172.17.0.2:53"), "q"), "free again")
}

// TestExposeUDPNobodyListens sends to a port that nobody has yet.
func TestExposeUDPNobodyListens(t *testing.T) {
	t.Parallel()
	n, h := newNet(t, Options{})
	x, err := n.Expose("udp", "127.0.0.1:0", netip.MustParseAddrPort("172.17.0.2:53"))
	require.NoError(t, err)
	c := dialReal(t, x.Addr())
	write(t, c, "too early")
	require.Eventually(t, func() bool { return h.cable.Stats().TxPackets >= 2 }, testTimeout, tick) // ARP, ICMP
	go echo(h.listenPacket(t, "172.17.0.2:53"))
	assert.Contains(t, ask(t, c, "q"), "q from 10.0.2.2:")
}

func TestForwardUDP(t *testing.T) {
	t.Parallel()
	n, h := newNet(t, Options{Forward: true})
	server := listenPacketReal(t)
	go echo(server)
	var tasks sync.WaitGroup
	for i := range 20 {
		c := h.dial(t, "udp", asGateway(server.LocalAddr()))
		tasks.Go(func() {
			for range 10 {
				assert.Regexp(t, fmt.Sprintf(`^q%d from 127\.0\.0\.1:`, i), ask(t, c, fmt.Sprint("q", i)))
			}
		})
	}
	tasks.Wait()
	n.udp.mu.Lock()
	assert.Len(t, n.udp.flows, 20)
	n.udp.mu.Unlock()
	n.Close()
	assert.Empty(t, n.udp.flows)
}

// TestForwardLargeDatagram needs fragments on the cable.
func TestForwardLargeDatagram(t *testing.T) {
	t.Parallel()
	_, h := newNet(t, Options{Forward: true})
	server := listenPacketReal(t)
	go echo(server)
	c := h.dial(t, "udp", asGateway(server.LocalAddr()))
	question := string(make([]byte, 9000))
	assert.Contains(t, ask(t, c, question), question+" from 127.0.0.1:")
}

func TestForwardUDPRefused(t *testing.T) {
	t.Parallel()
	_, h := newNet(t, Options{Forward: true})
	nobody := listenPacketReal(t)
	nobody.Close()
	c := h.dial(t, "udp", asGateway(nobody.LocalAddr()))
	write(t, c, "anybody?")
	c.SetReadDeadline(time.Now().Add(testTimeout))
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

// TestFlowsAreBounded opens more flows than there may be.
func TestFlowsAreBounded(t *testing.T) {
	t.Parallel()
	n, h := newNet(t, Options{Forward: true})
	n.udp.limit = 10
	server := listenPacketReal(t)
	go echo(server)
	first := h.dial(t, "udp", asGateway(server.LocalAddr()))
	before := ask(t, first, "q")
	for range 20 {
		ask(t, h.dial(t, "udp", asGateway(server.LocalAddr())), "q")
		assert.Equal(t, before, ask(t, first, "q"), "is not idle, so it keeps its socket")
		n.udp.mu.Lock()
		assert.LessOrEqual(t, len(n.udp.flows), 10)
		n.udp.mu.Unlock()
	}
}
