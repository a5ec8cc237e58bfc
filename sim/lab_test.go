package sim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// A lab is the network in which Docker Engine was recorded: a LAN 172.16.80.0/24 with
// the Docker host .10, another machine .47 and the router .1, which knows nothing of
// the containers.
type lab struct {
	docker       *sim.Host
	peer, router *sim.Machine
	lan          *sim.LAN
}

var (
	dockerAddr = netip.MustParseAddr("172.16.80.10")
	everywhere = netip.MustParsePrefix("0.0.0.0/0")
)

func newLab(t *testing.T, opts ...sim.HostOption) *lab {
	t.Helper()
	l := &lab{lan: simtest.NewLAN(t)}
	uplink := func(addr string) sim.MachineOption { return sim.WithUplink(l.lan, netip.MustParsePrefix(addr+"/24")) }
	l.docker = simtest.NewHost(t, append(opts, uplink(dockerAddr.String()))...)
	l.peer = simtest.NewMachine(t, sim.WithName("peer"), uplink("172.16.80.47"))
	l.router = simtest.NewMachine(t, sim.WithName("router"), uplink("172.16.80.1"))
	require.NoError(t, l.router.SetSysctl("net.ipv4.ip_forward", "1"))
	require.NoError(t, l.docker.AddRoute(everywhere, netip.MustParseAddr("172.16.80.1")))
	return l
}

// A machine is a Machine, a Host or a Container.
type machine interface {
	Name() string
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
	Ping(ctx context.Context, host string, cfg *ping.Config) (ping.Stats, error)
}

// who answers whoever comes to a port of m with the address that it sees.
func who(t *testing.T, m machine, network, port string) {
	t.Helper()
	if network == "udp" {
		p, err := m.ListenPacket(t.Context(), network, ":"+port)
		require.NoError(t, err)
		go func() {
			b := make([]byte, 1500)
			for {
				_, from, err := p.ReadFrom(b)
				if errors.Is(err, net.ErrClosed) {
					return
				}
				p.WriteTo([]byte("you are "+host(from)), from)
			}
		}()
		return
	}
	l, err := m.Listen(t.Context(), network, ":"+port)
	require.NoError(t, err)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprintf(c, "you are %s, I am %s", host(c.RemoteAddr()), c.LocalAddr())
			c.Close()
		}
	}()
}

func host(a net.Addr) string { return netip.MustParseAddrPort(a.String()).Addr().Unmap().String() }

// nc connects like nc -w 2 and returns what it hears, or how it fails.
func nc(t *testing.T, m machine, network, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	c, err := m.DialContext(ctx, network, address)
	if err != nil {
		return failure(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(2 * time.Second))
	if network == "udp" {
		io.WriteString(c, "hi\n")
		b := make([]byte, 1500)
		n, err := c.Read(b)
		if err != nil {
			return failure(err)
		}
		return string(b[:n])
	}
	b, err := io.ReadAll(c)
	if err != nil {
		return failure(err)
	}
	return string(b)
}

func failure(err error) string {
	for _, known := range []struct {
		err  error
		text string
	}{
		{syscall.ECONNREFUSED, "Connection refused"},
		{syscall.ECONNRESET, "Connection reset by peer"},
		{syscall.EHOSTUNREACH, "No route to host"},
		{syscall.ENETUNREACH, "Network is unreachable"},
		{context.DeadlineExceeded, "timed out"},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "timed out"
	}
	return err.Error()
}

// pinged sends one echo request, which may have another TTL, and returns what comes back.
func pinged(t *testing.T, m machine, addr string, ttl ...int) string {
	t.Helper()
	fate := "lost"
	cfg := ping.Config{Timeout: 4 * time.Second}
	if len(ttl) > 0 {
		cfg.TTL = ttl[0]
	}
	cfg.Observe = func(e ping.Event) {
		switch {
		case !e.From.IsValid():
		case e.Err != nil:
			fate = e.Err.Error()
		default:
			fate = fmt.Sprintf("%v ttl=%d", e.From, e.TTL)
		}
	}
	_, err := m.Ping(t.Context(), addr, &cfg)
	if fate == "lost" && errors.Is(err, syscall.ENETUNREACH) {
		return failure(err)
	}
	return fate
}
