package sim_test

import (
	"context"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDialerErrors has what is told of packets that end on their way, at their end, and
// nowhere: to a connection which goes on, to one which fails, and to none after it is closed.
func TestDialerErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, network, to string
		ttl               int
		want              *ping.ICMPError
		err               error // of dialing TCP
		after             time.Duration
	}{
		{"on the way", "udp", "172.18.0.2:9", 1, &ping.ICMPError{From: netip.MustParseAddr("172.17.0.1"), Type: 11}, nil, 0},
		{"on the way, TCP", "tcp", "172.18.0.2:9", 1, &ping.ICMPError{From: netip.MustParseAddr("172.17.0.1"), Type: 11}, syscall.EHOSTUNREACH, 0},
		{"nobody listens", "udp", "172.17.0.3:9", 0, &ping.ICMPError{From: netip.MustParseAddr("172.17.0.3"), Type: 3, Code: 3}, nil, 0},
		{"nobody is there", "udp", "172.17.0.99:9", 0, &ping.ICMPError{From: netip.MustParseAddr("172.17.0.2"), Type: 3, Code: 1}, nil, 2997 * time.Millisecond},
		{"nobody is there, IPv6", "udp", "[fd00::99]:9", 0, &ping.ICMPError{From: netip.MustParseAddr("fd00::242:ac11:2"), Type: 1, Code: 3}, nil, 2997 * time.Millisecond},
		{"a reset is none", "tcp", "172.17.0.3:9", 64, nil, syscall.ECONNREFUSED, 0},
		{"no such TTL", "udp", "172.17.0.3:9", 256, nil, syscall.EINVAL, 0},
		{"no such TTL, TCP", "tcp", "172.17.0.3:9", -1, nil, syscall.EINVAL, 0},
	} {
		simtest.VirtualTime(t, func(t *testing.T) {
			h := simtest.NewHost(t, sim.WithFixedCIDRv6(netip.MustParsePrefix("fd00::/64")))
			simtest.NewNetwork(t, h, "other")
			a := simtest.Run(t, h, "aa")
			simtest.Run(t, h, "bb")
			var told *ping.ICMPError
			var when time.Duration
			start := time.Now()
			d := a.Dialer()
			d.TTL, d.Errors = tt.ttl, func(e *ping.ICMPError) { told, when = e, time.Since(start) }
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			conn, err := d.DialContext(ctx, tt.network, tt.to)
			if tt.err != nil {
				require.ErrorIs(t, err, tt.err, tt.name)
			} else {
				require.NoError(t, err, tt.name)
				_, err = conn.Write([]byte("x"))
				require.NoError(t, err, tt.name)
				time.Sleep(10 * time.Second)
				require.NoError(t, conn.Close())
			}
			assert.Equal(t, tt.want, told, tt.name)
			assert.InDelta(t, tt.after.Seconds(), when.Seconds(), 0.01, tt.name)
		})
	}
}

// TestDialerErrorsClosed has nothing told of a connection that is closed.
func TestDialerErrorsClosed(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		a := simtest.Run(t, simtest.NewHost(t), "aa")
		d := a.Dialer()
		d.Errors = func(e *ping.ICMPError) { t.Errorf("told of %v", e) }
		conn, err := d.DialContext(t.Context(), "udp", "172.17.0.99:9")
		require.NoError(t, err)
		_, err = conn.Write([]byte("x"))
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		time.Sleep(10 * time.Second)
	})
}

// TestSocketsOfCommands has sockets of the main program and of commands that were started
// beside it, each with numbers of its own, and what their connections are.
func TestSocketsOfCommands(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		serve := func(ctx context.Context, c *command.Call) int {
			for _, port := range c.Args[1:] {
				l, err := c.Machine.Listen(ctx, "tcp4", ":"+port)
				if err != nil {
					return 1
				}
				defer l.Close()
				go l.Accept()
			}
			<-ctx.Done()
			return command.Interrupted(ctx)
		}
		h := simtest.NewHost(t)
		image := sim.Image{Name: "x", Cmd: []string{"/usr/sbin/server", "80"}, Commands: command.Table{"/usr/sbin/server": serve, "server": serve}}
		web := simtest.Run(t, h, "web", sim.WithImage(image))
		side := simtest.Run(t, h, "side", sim.WithImage(image), sim.WithNetworkOf(web), sim.WithCommand("server", "90"))
		time.Sleep(time.Millisecond) // the main processes listen
		ctx, cancel := context.WithCancel(t.Context())
		commands := []*sim.Cmd{web.Exec(ctx, "server", "81", "82"), web.Exec(ctx, "server", "83"), side.Exec(ctx, "server", "91")}
		for _, cmd := range commands {
			require.NoError(t, cmd.Start())
			time.Sleep(time.Millisecond)
		}
		type seen struct{ pid, fd int }
		whose := func(c *sim.Container) map[uint16]seen {
			list := make(map[uint16]seen)
			for _, s := range c.Sockets() {
				list[s.Local.Port()] = seen{s.PID, s.FD}
			}
			return list
		}
		require.Equal(t, map[uint16]seen{80: {1, 3}, 81: {2, 3}, 82: {2, 4}, 83: {3, 3}, 90: {}, 91: {}}, whose(web))
		require.Equal(t, map[uint16]seen{80: {}, 81: {}, 82: {}, 83: {}, 90: {1, 3}, 91: {2, 3}}, whose(side))

		conn, err := h.DialContext(t.Context(), "tcp", "172.17.0.2:82")
		require.NoError(t, err)
		time.Sleep(time.Millisecond)
		var accepted []seen
		for _, s := range web.Sockets() {
			if s.State == sim.SocketEstablished {
				accepted = append(accepted, seen{s.PID, s.FD})
			}
		}
		require.Equal(t, []seen{{2, 5}}, accepted)
		require.NoError(t, conn.Close())
		cancel()
		for _, cmd := range commands {
			require.Error(t, cmd.Wait())
		}
		listening := slices.DeleteFunc(web.Sockets(), func(s sim.Socket) bool { return s.State != sim.SocketListening })
		require.Len(t, listening, 2, "a process that ends leaves none but a connection that waits for its last ACK")
	})
}
