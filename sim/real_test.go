package sim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

func needSockets(t *testing.T) {
	if runtime.GOOS == "js" || runtime.GOOS == "wasip1" {
		t.Skip("needs sockets of the machine")
	}
}

// TestExpose reaches a published port through a real socket, as a browser would.
func TestExpose(t *testing.T) {
	t.Parallel()
	needSockets(t)
	h := simtest.NewHost(t)
	web := simtest.Run(t, h, "web", sim.WithPublish("8080:80", "9090:9000/udp"))
	who(t, web, "tcp", "80")
	who(t, web, "udp", "9000")
	e, err := h.Expose("tcp", "localhost:0", 8080)
	require.NoError(t, err)
	require.True(t, netip.MustParseAddrPort(e.Addr().String()).Addr().IsLoopback())
	c, err := net.Dial("tcp", e.Addr().String())
	require.NoError(t, err)
	b, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, "you are 10.0.2.2, I am 172.17.0.2:80", string(b))
	c.Close()

	// The firewall is in the way as ever.
	runIptables(t, h, "-I DOCKER -p tcp --dport 80 -j REJECT --reject-with tcp-reset")
	c, err = net.Dial("tcp", e.Addr().String())
	if err == nil {
		c.SetDeadline(time.Now().Add(10 * time.Second))
		_, err = io.ReadAll(c)
		c.Close()
	}
	require.Error(t, err)
	require.NoError(t, e.Close())
	_, err = net.Dial("tcp", e.Addr().String())
	require.Error(t, err)

	u, err := h.Expose("udp", "127.0.0.1:0", 9090)
	require.NoError(t, err)
	c, err = net.Dial("udp", u.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, "hi")
	b = make([]byte, 100)
	n, err := c.Read(b)
	require.NoError(t, err)
	require.Equal(t, "you are 10.0.2.2", string(b[:n]))
}

// TestExposeRefused: nothing is listened on that was not asked for twice.
func TestExposeRefused(t *testing.T) {
	t.Parallel()
	needSockets(t)
	h := simtest.NewHost(t)
	for _, address := range []string{"0.0.0.0:0", ":0", "example.com:0", "192.0.2.1:0", "[::]:0"} {
		_, err := h.Expose("tcp", address, 8080)
		require.Error(t, err, address)
		if !strings.HasPrefix(address, ":") && !strings.HasPrefix(address, "example") {
			require.ErrorIs(t, err, sim.ErrAddress, address)
		}
	}
	_, err := h.Expose("tcp4", "127.0.0.1:0", 8080)
	require.ErrorAs(t, err, new(net.UnknownNetworkError))
	_, err = h.Expose("tcp", "127.0.0.1:0", 0)
	require.ErrorIs(t, err, sim.ErrPort)
	for _, i := range h.Interfaces() {
		require.NotEqual(t, "tap0", i.Name, "a refusal leaves nothing")
	}
	e, err := h.Expose("tcp", "0.0.0.0:0", 8080, sim.WithBeyondLoopback())
	require.NoError(t, err)
	require.NoError(t, e.Close())
	h.Close()
	_, err = h.Expose("tcp", "127.0.0.1:0", 8080)
	require.ErrorIs(t, err, sim.ErrClosed)
}

// TestExposeHalfWay: a tap0 that cannot have its address is not left behind.
func TestExposeHalfWay(t *testing.T) {
	t.Parallel()
	needSockets(t)
	lan := simtest.NewLAN(t)
	h := simtest.NewHost(t, sim.WithUplink(lan, netip.MustParsePrefix("10.0.2.100/24")))
	before, routes := snapshot(h), h.Routes()
	for range 2 {
		_, err := h.Expose("tcp", "127.0.0.1:0", 8080)
		require.ErrorIs(t, err, sim.ErrAddress)
		require.Equal(t, before, snapshot(h))
		require.Equal(t, routes, h.Routes())
	}
}

// TestExposeInVirtualTime cannot be: real sockets know real time only.
func TestExposeInVirtualTime(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		_, err := h.Expose("tcp", "127.0.0.1:0", 8080)
		require.ErrorIs(t, err, sim.ErrTime)
		_, err = sim.NewHost(sim.WithVirtualTime(), sim.WithRealUplink())
		require.ErrorIs(t, err, sim.ErrTime)
	})
}

// TestRealUplink: a container gets a page from a server of the real machine, which
// it reaches by 10.0.2.2.
func TestRealUplink(t *testing.T) {
	t.Parallel()
	needSockets(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, _, _ := net.SplitHostPort(r.RemoteAddr)
		fmt.Fprintf(w, "you are %s", client)
	})}
	go server.Serve(l)
	defer server.Close()
	url := fmt.Sprintf("http://10.0.2.2:%d/", l.Addr().(*net.TCPAddr).Port)

	h := simtest.NewHost(t, sim.WithRealUplink())
	c := simtest.Run(t, h, "c1")
	resp, err := c.HTTPClient().Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "you are 127.0.0.1", string(b))

	// Without the option there is no way out.
	shut := simtest.Run(t, simtest.NewHost(t), "c1")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err = shut.DialContext(ctx, "tcp", "10.0.2.2:80")
	require.Error(t, err)
	require.False(t, errors.Is(err, context.DeadlineExceeded), "the host says that there is no route: %v", err)
}
