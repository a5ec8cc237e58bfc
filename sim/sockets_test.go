package sim_test

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// socketLines prints sockets, one line each. Ephemeral ports are left out.
func socketLines(list []sim.Socket) (lines []string) {
	for _, s := range list {
		if s.Local.Port() >= 32768 {
			continue
		}
		remote := s.Remote.Addr().String()
		if s.Remote.Port() < 32768 {
			remote = s.Remote.String()
		}
		lines = append(lines, fmt.Sprintf("%s v6=%v/%v %v %s %v %d %d %s", s.Proto, s.IPv6, s.IPv6Only, s.Local, remote, s.State, s.RecvQ, s.SendQ, s.Program))
	}
	return lines
}

// TestSockets follows a connection from the listener to TIME_WAIT.
func TestSockets(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		web := simtest.Run(t, h, "web", sim.WithImage(sim.Image{Name: "nginx", Cmd: []string{"/usr/sbin/nginx", "-g"}}))
		cli := simtest.Run(t, h, "cli")
		l, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		listener := "tcp v6=true/false [::]:80 [::]:0 LISTEN %d 4096 nginx"
		require.Equal(t, []string{fmt.Sprintf(listener, 0)}, socketLines(web.Sockets()))
		require.Equal(t, 1, web.Sockets()[0].PID)

		c, err := cli.DialContext(t.Context(), "tcp", "172.17.0.2:80")
		require.NoError(t, err)
		io.WriteString(c, "GET /")
		time.Sleep(time.Second)
		require.Equal(t, []string{ // the kernel has the connection, the program has not
			"tcp v6=true/false 172.17.0.2:80 172.17.0.3 ESTABLISHED 5 0 ", fmt.Sprintf(listener, 1),
		}, socketLines(web.Sockets()))
		s, err := l.Accept()
		require.NoError(t, err)
		require.Equal(t, []string{
			"tcp v6=true/false 172.17.0.2:80 172.17.0.3 ESTABLISHED 5 0 nginx", fmt.Sprintf(listener, 0),
		}, socketLines(web.Sockets()))
		client := cli.Sockets()
		require.Len(t, client, 1)
		require.Equal(t, "172.17.0.2:80", client[0].Remote.String())
		require.Equal(t, sim.SocketEstablished, client[0].State)

		io.CopyN(io.Discard, s, 5)
		s.Close()
		time.Sleep(time.Second)
		require.Equal(t, "FIN_WAIT2", web.Sockets()[0].State.String())
		require.Equal(t, "CLOSE_WAIT", cli.Sockets()[0].State.String())
		c.Close()
		time.Sleep(time.Second)
		require.Equal(t, []string{"tcp v6=true/false 172.17.0.2:80 172.17.0.3 TIME_WAIT 0 0 ", fmt.Sprintf(listener, 0)}, socketLines(web.Sockets()))
		require.Empty(t, cli.Sockets())
		time.Sleep(2 * time.Minute)
		require.Len(t, web.Sockets(), 1)
		require.NoError(t, web.Stop(t.Context()))
		require.Nil(t, web.Sockets())
	})
}

// TestSocketsShared has sockets of who shares a namespace, whose programs are not seen, and
// those by which the host publishes a port.
func TestSocketsShared(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	base := simtest.Run(t, h, "base", sim.WithImage(sim.Image{Name: "nginx", Cmd: []string{"nginx"}}), sim.WithPublish("8080:80", "127.0.0.1:53:53/udp"))
	side := simtest.Run(t, h, "side", sim.WithNetworkOf(base))
	_, err := base.Listen(t.Context(), "tcp4", ":80")
	require.NoError(t, err)
	u, err := side.ListenPacket(t.Context(), "udp4", "127.0.0.1:53")
	require.NoError(t, err)
	require.Equal(t, []string{
		"udp v6=false/false 127.0.0.1:53 0.0.0.0:0 CLOSE 0 0 ", "tcp v6=false/false 0.0.0.0:80 0.0.0.0:0 LISTEN 0 4096 nginx",
	}, socketLines(base.Sockets()))
	require.Equal(t, []string{
		"udp v6=false/false 127.0.0.1:53 0.0.0.0:0 CLOSE 0 0 ", "tcp v6=false/false 0.0.0.0:80 0.0.0.0:0 LISTEN 0 4096 ",
	}, socketLines(side.Sockets()))
	require.Equal(t, []string{
		"udp v6=false/false 127.0.0.1:53 0.0.0.0:0 CLOSE 0 0 docker-proxy",
		"tcp v6=false/false 0.0.0.0:8080 0.0.0.0:0 LISTEN 0 4096 docker-proxy",
		"tcp v6=true/true [::]:8080 [::]:0 LISTEN 0 4096 docker-proxy",
	}, socketLines(h.Sockets()))

	c, err := side.DialContext(t.Context(), "udp", "127.0.0.1:53")
	require.NoError(t, err)
	require.Equal(t, sim.SocketEstablished, func() sim.SocketState {
		for _, s := range base.Sockets() {
			if net.UDPAddrFromAddrPort(s.Local).String() == c.LocalAddr().String() {
				return s.State
			}
		}
		return 0
	}())
	u.Close()
	c.Close()
	require.Len(t, base.Sockets(), 1)
}

// TestNeighbours has those that answer, that do not, and none.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		a, b := simtest.Run(t, h, "aa"), simtest.Run(t, h, "bb")
		require.Empty(t, a.Neighbours())
		states := func(m interface{ Neighbours() []sim.Neighbour }) (lines []string) {
			for _, n := range m.Neighbours() {
				lines = append(lines, fmt.Sprintf("%v dev %s lladdr %v %v", n.IP, n.Dev, n.MAC, n.State))
			}
			return lines
		}
		_, err := b.DialContext(t.Context(), "tcp", "172.17.0.2:80")
		require.Error(t, err)
		require.Equal(t, []string{"172.17.0.2 dev eth0 lladdr 02:42:ac:11:00:02 REACHABLE"}, states(b))
		require.Equal(t, []string{"172.17.0.3 dev eth0 lladdr 02:42:ac:11:00:03 DELAY"}, states(a)) // it has answered by what it was asked
		asks, err := b.DialContext(t.Context(), "udp", "172.17.0.99:80")                            // which asks once
		require.NoError(t, err)
		_, err = asks.Write([]byte("?"))
		require.NoError(t, err)
		time.Sleep(3 * time.Second)
		require.Equal(t, "172.17.0.99 dev eth0 lladdr  FAILED", states(b)[1])
		age := b.Neighbours()[0].Age
		time.Sleep(time.Minute)
		require.Equal(t, "172.17.0.2 dev eth0 lladdr 02:42:ac:11:00:02 STALE", states(b)[0])
		require.Greater(t, b.Neighbours()[0].Age, time.Second)
		require.Greater(t, age, time.Second) // .99 was asked for three seconds
		require.NoError(t, asks.Close())
		require.NoError(t, b.Stop(t.Context()))
		require.Nil(t, b.Neighbours())
	})
}
