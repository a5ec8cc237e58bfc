package sim_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// since28 are the releases that these tests are about.
var since28 = []sim.Release{sim.Docker28, sim.Docker29}

// eachSince28 runs a test with a host of each.
func eachSince28(t *testing.T, fn func(t *testing.T, h *sim.Host), opts ...sim.HostOption) {
	t.Parallel()
	for _, release := range since28 {
		t.Run(string(release), func(t *testing.T) {
			simtest.VirtualTime(t, func(t *testing.T) { fn(t, simtest.NewHost(t, append(opts, sim.WithEngine(release))...)) })
		})
	}
}

// TestEvents28: the end of a run is told last, with its seconds, and who disconnects a container is told once.
func TestEvents28(t *testing.T) {
	eachSince28(t, func(t *testing.T, h *sim.Host) {
		own := simtest.NewNetwork(t, h, "own")
		c := simtest.Run(t, h, "web", sim.WithImage(sim.Image{Name: "app", Main: untilStopped}))
		w := watch(t, h)
		require.NoError(t, c.Connect(own))
		require.NoError(t, c.Disconnect(own))
		time.Sleep(2500 * time.Millisecond)
		require.NoError(t, c.Stop(t.Context()))
		require.NoError(t, c.Start())
		require.NoError(t, c.Restart(t.Context()))
		require.NoError(t, c.Kill())
		var got []string
		for _, e := range w.seen() {
			got = append(got, regexp.MustCompile(` [0-9a-f]{64} |container=\w+, |,? ?image=app, name=web(?:, )?|, type=bridge`).ReplaceAllString(e, ""))
		}
		require.Equal(t, []string{
			"network connect(name=own)", "network disconnect(name=own)",
			"container kill(signal=15)", "network disconnect(name=bridge)", "container stop()", "container die(execDuration=2, exitCode=0)",
			"network connect(name=bridge)", "container start()",
			"container kill(signal=15)", "network disconnect(name=bridge)", "container stop()", "container die(execDuration=0, exitCode=0)",
			"network connect(name=bridge)", "container start()", "container restart()",
			"container kill(signal=9)", "network disconnect(name=bridge)", "container die(execDuration=0, exitCode=137)",
		}, got)
	})
}

// TestInterfaces28: interfaces are numbered in each container, and those of the host by one each;
// MACs are random and new at each start; lo has IPv6.
func TestInterfaces28(t *testing.T) {
	eachSince28(t, func(t *testing.T, h *sim.Host) {
		n := simtest.NewNetwork(t, h, "net")
		c1, c2 := simtest.Run(t, h, "c1"), simtest.Run(t, h, "c2")
		for i, c := range []*sim.Container{c1, c2} {
			list := c.Interfaces()
			require.Len(t, list, 2)
			assert.Equal(t, 1, list[0].Index)
			assert.Contains(t, list[0].Addrs, netip.MustParsePrefix("::1/128"))
			assert.Equal(t, 2, list[1].Index)
			assert.Len(t, list[1].Addrs, 1)
			ports := h.Interfaces()
			port := ports[len(ports)-2+i]
			assert.Equal(t, list[1].Peer, port.Index)
			assert.Equal(t, 2, port.Peer)
		}
		host := h.Interfaces()
		assert.Equal(t, host[len(host)-2].Index+1, host[len(host)-1].Index)
		for name, want := range map[string]string{"all": "0", "default": "0", "lo": "0", "eth0": "1"} {
			got, err := c1.Sysctl("net.ipv6.conf." + name + ".disable_ipv6")
			require.NoError(t, err)
			assert.Equal(t, want, got, name)
		}
		mac := c1.MAC()
		assert.NotEqual(t, "02:42:ac:11:00:02", mac.String())
		assert.Equal(t, byte(2), mac[0]&3, "of one station, locally administered")
		require.NoError(t, c1.Restart(t.Context()))
		assert.NotEqual(t, mac, c1.MAC())

		require.NoError(t, c1.Connect(n))
		assert.Equal(t, "eth1", c1.Interfaces()[2].Name)
		assert.Equal(t, 3, c1.Interfaces()[2].Index)
		require.NoError(t, c1.Disconnect(n))
		require.NoError(t, c1.Connect(n))
		assert.Equal(t, "eth1", c1.Interfaces()[2].Name, "the first that is free")
		assert.Equal(t, 4, c1.Interfaces()[2].Index)
	})
}

// TestPools28: a subnet that was given back is the next one to be given.
func TestPools28(t *testing.T) {
	eachSince28(t, func(t *testing.T, h *sim.Host) {
		first := simtest.NewNetwork(t, h, "first")
		simtest.NewNetwork(t, h, "second")
		require.NoError(t, first.Remove())
		require.Equal(t, "172.18.0.0/16", simtest.NewNetwork(t, h, "third").Subnets()[0].String())
	})
}

// TestInternal28: what an internal network does not have is unreachable at once, and names that
// are not Docker's are SERVFAIL.
func TestInternal28(t *testing.T) {
	eachSince28(t, func(t *testing.T, h *sim.Host) {
		inside, outside := simtest.NewNetwork(t, h, "inside", sim.WithInternal()), simtest.NewNetwork(t, h, "outside")
		c := simtest.Run(t, h, "c1", sim.WithNetwork(inside))
		simtest.Run(t, h, "c2", sim.WithNetwork(inside))
		began := time.Now()
		_, err := c.DialContext(t.Context(), "tcp", "203.0.113.1:80")
		require.ErrorContains(t, err, "network is unreachable")
		e, err := c.Explain("tcp", "example.com:80")
		require.NoError(t, err)
		require.Equal(t, sim.NoName, e.Verdict, e)
		_, err = c.LookupNetIP(t.Context(), "ip4", "example.com")
		require.Error(t, err)
		require.Zero(t, time.Since(began))
		addrs, err := c.LookupNetIP(t.Context(), "ip4", "c2")
		require.NoError(t, err)
		require.Equal(t, "172.18.0.3", addrs[0].String())
		for _, r := range c.Routes() {
			require.NotZero(t, r.Dst.Bits(), "a default route")
		}

		require.NoError(t, c.Connect(outside))
		last := c.Routes()[len(c.Routes())-1]
		require.Equal(t, "0.0.0.0/0 172.19.0.1", last.Dst.String()+" "+last.Via.String())
		require.NoError(t, c.Disconnect(outside))
		for _, r := range c.Routes() {
			require.NotZero(t, r.Dst.Bits(), "a default route")
		}
	})
}

// TestHostsFile28: a network that is left takes its own line along, also the default bridge.
func TestHostsFile28(t *testing.T) {
	eachSince28(t, func(t *testing.T, h *sim.Host) {
		n := simtest.NewNetwork(t, h, "net")
		c := simtest.Run(t, h, "c1", sim.WithHostname("box"))
		bridge, _ := h.Network("bridge")
		own := func() (list []string) {
			text, err := fs.ReadFile(c.FS(), "etc/hosts")
			require.NoError(t, err)
			for line := range strings.Lines(string(text)) {
				if strings.HasSuffix(line, "\tbox\n") {
					list = append(list, strings.TrimSpace(line))
				}
			}
			return list
		}
		require.Equal(t, []string{"172.17.0.2\tbox"}, own())
		require.NoError(t, c.Connect(n))
		require.Equal(t, []string{"172.17.0.2\tbox", "172.18.0.2\tbox"}, own())
		require.NoError(t, c.Disconnect(bridge))
		require.Equal(t, []string{"172.18.0.2\tbox"}, own())
		require.NoError(t, c.Connect(bridge))
		require.Equal(t, []string{"172.18.0.2\tbox", "172.17.0.2\tbox"}, own())
	})
}

// TestGratuitousARP28: a container that starts tells its address three times, a second after the
// other, so that who knows it with the MAC of an earlier start learns the new one.
func TestGratuitousARP28(t *testing.T) {
	eachSince28(t, func(t *testing.T, h *sim.Host) {
		n := simtest.NewNetwork(t, h, "six", sim.WithSubnet(prefix("fd00:8::/64")))
		a, b := simtest.Run(t, h, "ca", sim.WithNetwork(n)), simtest.Run(t, h, "cb", sim.WithNetwork(n))
		time.Sleep(5 * time.Second)
		old, ip6 := b.Link(n).Addr(), b.Link(n).Addr6().String()
		for _, to := range []string{old.String(), ip6} {
			_, err := a.Ping(t.Context(), to, &ping.Config{Count: 1})
			require.NoError(t, err)
		}
		began := time.Now()
		var mu sync.Mutex
		var told []string // what b is heard to tell of itself
		stop := h.Sniff(func(p sim.Place) bool { return p.Owner == "ca" && p.Device == "eth0" }, func(s sim.Sniffed) {
			f := s.Frame
			if s.Direction != veth.Received || f[0]&1 == 0 {
				return
			}
			var what string
			switch {
			case bytes.Equal(f[28:32], old.AsSlice()) && bytes.Equal(f[38:42], f[28:32]):
				what = "ARP"
			case f[12] == 0x86 && f[54] == 136:
				what = "advertisement"
			default:
				return
			}
			mu.Lock()
			defer mu.Unlock()
			told = append(told, fmt.Sprint(what, " ", time.Since(began)))
		})
		require.NoError(t, b.Restart(t.Context()))
		for _, to := range []string{old.String(), ip6} {
			stats, err := a.Ping(t.Context(), to, &ping.Config{Count: 1, Timeout: time.Second})
			require.NoError(t, err)
			require.Equal(t, 1, stats.Received, to)
		}
		time.Sleep(time.Minute)
		stop()
		mu.Lock()
		defer mu.Unlock()
		require.Equal(t, []string{"ARP 0s", "advertisement 0s", "ARP 1s", "advertisement 1s", "ARP 2s", "advertisement 2s"}, told)
	})
}
