package sim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// newPair returns a Docker host 10.9.0.1 and another machine 10.9.0.2 on a LAN.
func newPair(t *testing.T) (h *sim.Host, peer *sim.Machine, lan *sim.LAN) {
	t.Helper()
	lan = simtest.NewLAN(t)
	h = simtest.NewHost(t, sim.WithUplink(lan, prefix("10.9.0.1/24")))
	peer = simtest.NewMachine(t, sim.WithName("peer"), sim.WithUplink(lan, prefix("10.9.0.2/24")))
	return h, peer, lan
}

// TestNetworkChurn creates and removes two hundred networks with containers, ports and
// routes while others talk through a published port. In the end all rules are gone.
func TestNetworkChurn(t *testing.T) {
	h, peer, _ := newPair(t)
	web := simtest.Run(t, h, "web", sim.WithPublish("8080:80"))
	who(t, web, "tcp", "80")
	rules, state, routes := save(t, h), snapshot(h), h.Routes()
	ctx, cancel := context.WithCancel(t.Context())
	var traffic sync.WaitGroup
	traffic.Go(func() {
		for ctx.Err() == nil {
			nc(t, peer, "tcp", "10.9.0.1:8080")
			nc(t, h, "tcp", "127.0.0.1:8080")
		}
	})
	const churners = 8
	var all errgroup.Group
	for i := range churners {
		all.Go(func() error {
			for j := range 200 / churners {
				if err := networkComesAndGoes(ctx, h, i, j); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, all.Wait())
	require.Contains(t, nc(t, peer, "tcp", "10.9.0.1:8080"), "you are 10.9.0.2")
	cancel()
	traffic.Wait()
	require.Equal(t, rules, save(t, h))
	require.Equal(t, state, snapshot(h))
	require.Equal(t, routes, h.Routes())
}

func networkComesAndGoes(ctx context.Context, h *sim.Host, i, j int) error {
	n, err := h.CreateNetwork(fmt.Sprintf("n%d-%d", i, j))
	if err != nil {
		return err
	}
	c, err := h.Run(fmt.Sprintf("c%d-%d", i, j), sim.WithNetwork(n), sim.WithPublish(fmt.Sprintf("%d:80", 10000+i), "80"))
	if err != nil {
		return err
	}
	dst := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, byte(i), byte(j), 0}), 24)
	if err := h.AddRoute(dst, netip.MustParseAddr("10.9.0.2")); err != nil {
		return err
	}
	if _, err := c.Ping(ctx, "10.9.0.2", nil); err != nil {
		return err
	}
	return errors.Join(h.DeleteRoute(dst), c.Kill(), c.Remove(), n.Remove())
}

// TestManyPorts publishes three hundred ports of one container.
func TestManyPorts(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	before := save(t, h)
	c := simtest.Run(t, h, "web", sim.WithPublish("10000-10299:20000-20299"))
	require.Len(t, c.Ports(), 600)
	for _, port := range []string{"0", "150", "299"} {
		who(t, c, "tcp", fmt.Sprintf("20%03s", port))
		require.Contains(t, nc(t, h, "tcp", fmt.Sprintf("172.17.0.1:10%03s", port)), "you are 172.17.0.1")
	}
	require.NoError(t, c.Kill())
	require.Equal(t, before, save(t, h))
}

// TestCloseDuringPublishedTraffic closes a host whose published ports are in use in
// every way there is: by translation, through the userland proxy, TCP and UDP.
func TestCloseDuringPublishedTraffic(t *testing.T) {
	t.Parallel()
	t.Run("real", closeDuringPublishedTraffic)
	t.Run("virtual", func(t *testing.T) { simtest.VirtualTime(t, closeDuringPublishedTraffic) })
}

func closeDuringPublishedTraffic(t *testing.T) {
	h, peer, _ := newPair(t)
	web := simtest.Run(t, h, "web", sim.WithPublish("8080:80", "9090:9000/udp"))
	cli := simtest.Run(t, h, "cli")
	l, err := web.Listen(t.Context(), "tcp", ":80")
	require.NoError(t, err)
	who(t, web, "udp", "9000")
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				io.Copy(c, c)
				c.Close()
			})
		}
	})
	flowing := make(chan error)
	clients := 0
	for _, f := range []struct {
		from machine
		to   string
	}{{peer, "10.9.0.1"}, {h, "127.0.0.1"}, {h, "10.9.0.1"}, {cli, "172.17.0.1"}, {cli, "10.9.0.1"}} {
		for _, network := range []string{"tcp", "udp"} {
			clients++
			address := f.to + map[string]string{"tcp": ":8080", "udp": ":9090"}[network]
			all.Go(func() { talk(t.Context(), f.from, network, address, flowing) })
		}
	}
	for range clients {
		require.NoError(t, <-flowing)
	}
	require.NoError(t, h.Close())
	require.NoError(t, peer.Close())
	all.Wait()
}

// talk sends and receives until the connection fails. It says when it has begun.
func talk(ctx context.Context, from machine, network, address string, begun chan<- error) {
	c, err := from.DialContext(ctx, network, address)
	if err == nil {
		_, err = c.Write([]byte("hello"))
		if err == nil && network == "tcp" {
			_, err = io.ReadFull(c, make([]byte, 5))
		}
	}
	begun <- err
	if err != nil {
		return
	}
	defer c.Close()
	if network == "udp" {
		// Who never waits would hold up virtual time.
		for b := make([]byte, 1000); err == nil || errors.Is(err, os.ErrDeadlineExceeded); {
			c.Write(b)
			c.SetReadDeadline(time.Now().Add(time.Second))
			_, err = c.Read(b)
		}
		return
	}
	c.SetDeadline(time.Now().Add(time.Minute))
	var reading sync.WaitGroup
	reading.Go(func() { io.Copy(io.Discard, c) })
	io.Copy(c, zeros{})
	reading.Wait()
}

// TestCloseDuringChanges closes a host while everything about it changes. Nothing of
// it stays on the LAN, and no real socket is left.
func TestCloseDuringChanges(t *testing.T) {
	t.Parallel()
	needSockets(t)
	for range 10 {
		h, _, lan := newPair(t)
		var all sync.WaitGroup
		for i := range 3 {
			for _, change := range []func(){
				func() { comeAndGoOnNetwork(h, i) },
				func() { h.Run(fmt.Sprint("c", i), sim.WithPublish("80", "53/udp")) },
				func() { h.AddRoute(prefix("100.0.0.0/8"), netip.MustParseAddr("10.9.0.2")) },
				func() { h.SetSysctl("net.ipv4.ip_forward", strconv.Itoa(i%2)) },
				func() { h.Uplink(lan).Impair(veth.Impairment{}, veth.Impairment{}) },
				func() { h.Routes(); h.Interfaces() },
				func() {
					e, err := h.Expose("tcp", "127.0.0.1:0", 32768)
					if err != nil {
						require.ErrorIs(t, err, sim.ErrClosed)
						return
					}
					if c, err := net.Dial("tcp", e.Addr().String()); err == nil {
						c.Close()
					}
				},
			} {
				all.Go(change)
			}
		}
		all.Go(func() { h.Close() })
		all.Wait()
		require.NoError(t, h.Close())
		require.Len(t, lan.Bridge().Ports(), 1, "the peer's")
	}
}

func comeAndGoOnNetwork(h *sim.Host, i int) {
	for j := range 3 {
		n, err := h.CreateNetwork(fmt.Sprintf("n%d-%d", i, j))
		if err != nil {
			return
		}
		if c, err := h.Run(fmt.Sprintf("x%d-%d", i, j), sim.WithNetwork(n), sim.WithPublish("80")); err == nil {
			c.Kill()
		}
		n.Remove()
	}
}
