package sim_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/require"
)

// A step is a docker command and what the containers' addresses are after it.
type step struct {
	do   string
	want string
}

// TestAllocation replays commands that were given to Docker Engine 20.10.24, with
// the addresses that it gave.
func TestAllocation(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for _, s := range []step{
		{"run c1 c2 c3 c4 c5", "c1=2 c2=3 c3=4 c4=5 c5=6"},
		{"stop c2", "c1=2 c3=4 c4=5 c5=6"},
		{"run c6", "c1=2 c3=4 c4=5 c5=6 c6=3"},
		{"start c2", "c1=2 c2=7 c3=4 c4=5 c5=6 c6=3"},
		{"restart c3", "c1=2 c2=7 c3=4 c4=5 c5=6 c6=3"},
		{"restart c1 c4", "c1=2 c2=7 c3=4 c4=5 c5=6 c6=3"},
		{"stop c5 c1 c3", "c2=7 c4=5 c6=3"},
		{"start c5 c1 c3", "c1=4 c2=7 c3=6 c4=5 c5=2 c6=3"},
		{"stop c2 c4", "c1=4 c3=6 c5=2 c6=3"},
		{"rm c2 c4", "c1=4 c3=6 c5=2 c6=3"},
		{"run c7 c8 c9", "c1=4 c3=6 c5=2 c6=3 c7=5 c8=7 c9=8"},
		{"create k1", "c1=4 c3=6 c5=2 c6=3 c7=5 c8=7 c9=8"},
		{"run c10", "c1=4 c10=9 c3=6 c5=2 c6=3 c7=5 c8=7 c9=8"},
		{"start k1", "c1=4 c10=9 c3=6 c5=2 c6=3 c7=5 c8=7 c9=8 k1=10"},
		{"kill c6", "c1=4 c10=9 c3=6 c5=2 c7=5 c8=7 c9=8 k1=10"},
		{"run c11", "c1=4 c10=9 c11=3 c3=6 c5=2 c7=5 c8=7 c9=8 k1=10"},
	} {
		verb, names, _ := strings.Cut(s.do, " ")
		for name := range strings.FieldsSeq(names) {
			require.NoError(t, docker(h, verb, name), "%s %s", verb, name)
		}
		require.Equal(t, s.want, addresses(h), "after %s", s.do)
	}
}

func docker(h *sim.Host, verb, name string) error {
	ctx := context.Background()
	switch verb {
	case "run":
		_, err := h.Run(name)
		return err
	case "create":
		_, err := h.Create(name)
		return err
	}
	c, ok := h.Container(name)
	if !ok {
		return fmt.Errorf("no container %s", name)
	}
	switch verb {
	case "start":
		return c.Start()
	case "stop":
		return c.Stop(ctx)
	case "restart":
		return c.Restart(ctx)
	case "kill":
		return c.Kill()
	case "rm":
		return c.Remove()
	}
	return fmt.Errorf("no command %s", verb)
}

// addresses lists the running containers by name with the last byte of their
// addresses, having checked the rest of it and the MAC.
func addresses(h *sim.Host) string {
	byName := make(map[string]string)
	for c := range h.Containers() {
		ip := c.IP()
		if !ip.IsValid() {
			continue
		}
		b := ip.As4()
		mac := net.HardwareAddr{0x02, 0x42, b[0], b[1], b[2], b[3]}
		if b[0] != 172 || b[1] != 17 || b[2] != 0 || c.MAC().String() != mac.String() {
			return fmt.Sprintf("%s has %v %v", c.Name(), ip, c.MAC())
		}
		byName[c.Name()] = fmt.Sprint(b[3])
	}
	return sortedPairs(byName)
}

// TestRefused checks that what Docker refuses is refused in its words, with an
// error that names the culprit, and changes nothing.
func TestRefused(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	up := simtest.Run(t, h, "up")
	down, err := h.Create("down")
	require.NoError(t, err)
	gone, err := h.Create("gone")
	require.NoError(t, err)
	require.NoError(t, gone.Remove())
	elsewhere := simtest.NewHost(t)
	foreign := simtest.Run(t, elsewhere, "foreign")
	bridgeNet, _ := h.Network("bridge")
	hostNet, _ := h.Network("host")
	foreignNet, _ := elsewhere.Network("bridge")

	run := func(name string, opts ...sim.ContainerOption) func() error {
		return func() error { _, err := h.Run(name, opts...); return err }
	}
	for _, test := range []struct {
		name    string
		do      func() error
		is      error
		culprit string
		text    string
	}{
		{"name in use", run("up"), sim.ErrExists, "up",
			`Conflict. The container name "/up" is already in use by container "` + up.ID() + `". You have to remove (or rename) that container to be able to reuse that name.`},
		{"name too short", run("a"), sim.ErrName, "a", "Invalid container name (a), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"},
		{"name with @", run("b@d"), sim.ErrName, "b@d", "Invalid container name (b@d), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"},
		{"network of another host", run("xx", sim.WithNetwork(foreignNet)), sim.ErrNotFound, "bridge", "network " + foreignNet.ID() + " not found"},
		{"namespace of a stopped container", run("xx", sim.WithNetworkOf(down)), sim.ErrNotRunning, "down",
			"cannot join network of a non running container: " + down.ID()},
		{"namespace on another host", run("xx", sim.WithNetworkOf(foreign)), sim.ErrNotFound, "foreign", "No such container: foreign"},
		{"hostname in another namespace", run("xx", sim.WithNetworkOf(up), sim.WithHostname("h")), sim.ErrConflict, "xx",
			"conflicting options: hostname and the network mode"},
		{"ports published in another namespace", run("xx", sim.WithNetworkOf(up), sim.WithPublish("80:80")), sim.ErrConflict, "xx",
			"conflicting options: port publishing and the container type network mode"},
		{"all ports published in another namespace", run("xx", sim.WithNetworkOf(up), sim.WithPublishAll()), sim.ErrConflict, "xx",
			"conflicting options: port publishing and the container type network mode"},
		{"ports exposed in another namespace", run("xx", sim.WithNetworkOf(up), sim.WithExpose("80")), sim.ErrConflict, "xx",
			"conflicting options: port exposing and the container type network mode"},
		{"kill a stopped one", down.Kill, sim.ErrNotRunning, "down",
			"Cannot kill container: down: Container " + down.ID() + " is not running"},
		{"kill a removed one", gone.Kill, sim.ErrNotFound, "gone", "Cannot kill container: gone: No such container: gone"},
		{"start a removed one", gone.Start, sim.ErrNotFound, "gone", "No such container: gone"},
		{"stop a removed one", func() error { return gone.Stop(context.Background()) }, sim.ErrNotFound, "gone", "No such container: gone"},
		{"restart a removed one", func() error { return gone.Restart(context.Background()) }, sim.ErrNotFound, "gone", "No such container: gone"},
		{"remove a removed one", gone.Remove, sim.ErrNotFound, "gone", "No such container: gone"},
		{"remove a running one", up.Remove, sim.ErrRunning, "up",
			"You cannot remove a running container " + up.ID() + ". Stop the container before attempting removal or force remove"},
		{"function in a stopped one", func() error { return down.Go(func(context.Context) error { return nil }) }, sim.ErrNotRunning, "down",
			"Container " + down.ID() + " is not running"},
		{"no network", run("xx", sim.WithNetwork(nil)), sim.ErrNotFound, "", "network not found: nil"},
		{"no container", run("xx", sim.WithNetworkOf(nil)), sim.ErrNotFound, "nil", "No such container: nil"},
		{"no function", func() error { return up.Go(nil) }, sim.ErrNotFound, "up", "no function to run in container " + up.ID()},
		{"impair on no network", func() error { return up.Link(nil).Impair(veth.Impairment{}, veth.Impairment{}) }, sim.ErrNotFound, "up",
			"container up is not connected to network nil"},
		{"carrier on no network", func() error { return up.Link(nil).SetCarrier(false) }, sim.ErrNotFound, "up",
			"container up is not connected to network nil"},
		{"hostname with a space", run("xx", sim.WithHostname("a b")), sim.ErrName, "a b", `sethostname: invalid argument: "a b"`},
		{"namespace of a removed container", run("xx", sim.WithNetworkOf(gone)), sim.ErrNotFound, "gone", "No such container: " + gone.ID()},
		{"carrier of a stopped one", func() error { return down.Link(bridgeNet).SetCarrier(false) }, sim.ErrNotRunning, "down",
			"Container " + down.ID() + " is not running"},
		{"two networks", run("xx", sim.WithNoNetwork(), sim.WithNetwork(bridgeNet)), sim.ErrConflict, "bridge",
			"Container cannot be connected to network endpoints: none, bridge"},
		{"a network and a namespace", run("xx", sim.WithHostNetwork(), sim.WithNetworkOf(up)), sim.ErrConflict, "container:up",
			"Container cannot be connected to network endpoints: host, container:up"},
		{"impairment without a cable", run("xx", sim.WithNetwork(hostNet, sim.WithImpairment(veth.Impairment{Delay: 1}, veth.Impairment{}))),
			sim.ErrConflict, "xx", "conflicting options: an impairment and the network mode host"},
		{"carrier on a network it is not on", func() error { return up.Link(hostNet).SetCarrier(false) }, sim.ErrNotFound, "up",
			"container up is not connected to network host"},
	} {
		before := snapshot(h)
		err := test.do()
		var e *sim.Error
		require.ErrorAs(t, err, &e, test.name)
		require.ErrorIs(t, err, test.is, test.name)
		require.Equal(t, test.culprit, e.Name, test.name)
		require.EqualError(t, err, test.text, test.name)
		require.Equal(t, before, snapshot(h), test.name)
	}
}

func TestRefusedHosts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		opt  sim.HostOption
		is   error
	}{
		{"MTU 67", sim.WithMTU(67), sim.ErrMTU},
		{"MTU 65536", sim.WithMTU(65536), sim.ErrMTU},
		{"no prefix", sim.WithBridgeIP(prefix("")), sim.ErrAddress},
		{"network address", sim.WithBridgeIP(prefix("10.0.0.0/8")), sim.ErrAddress},
		{"broadcast address", sim.WithBridgeIP(prefix("10.0.0.255/24")), sim.ErrAddress},
		{"no room", sim.WithBridgeIP(prefix("10.0.0.1/31")), sim.ErrAddress},
		{"IPv6", sim.WithBridgeIP(prefix("fd00::1/64")), sim.ErrAddress},
		{"loopback", sim.WithBridgeIP(prefix("127.0.0.2/8")), sim.ErrAddress},
		{"hostname", sim.WithName(""), sim.ErrName},
	} {
		_, err := sim.NewHost(test.opt)
		require.ErrorIs(t, err, test.is, test.name)
	}
}

// TestClosedHost checks that a closed host refuses.
func TestClosedHost(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	up := simtest.Run(t, h, "up")
	down, err := h.Create("down")
	require.NoError(t, err)
	require.NoError(t, h.Close())
	require.NoError(t, h.Close())

	require.False(t, up.Running())
	ctx := context.Background()
	for name, do := range map[string]func() error{
		"run":          func() error { _, err := h.Run("another"); return err },
		"start down":   down.Start,
		"start up":     up.Start,
		"restart up":   func() error { return up.Restart(ctx) },
		"dial from up": func() error { _, err := up.DialContext(ctx, "tcp", "172.17.0.1:80"); return err },
		"listen on h":  func() error { _, err := h.Listen(ctx, "tcp", ":80"); return err },
		"ping from up": func() error { _, err := up.Ping(ctx, "172.17.0.1", nil); return err },
		"lookup on h":  func() error { _, err := h.LookupNetIP(ctx, "ip", "localhost"); return err },
		"go in up":     func() error { return up.Go(func(context.Context) error { return nil }) },
	} {
		err := do()
		require.ErrorIs(t, err, sim.ErrClosed, name)
		var e *sim.Error
		require.ErrorAs(t, err, &e, name)
		require.NotEmpty(t, e.Name, name)
	}
	require.NoError(t, up.Stop(ctx))
}

// TestPoolExhausted fills the smallest subnet.
func TestPoolExhausted(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithBridgeIP(prefix("10.9.0.1/30")))
	only := simtest.Run(t, h, "only")
	require.Equal(t, "10.9.0.2", only.IP().String())
	_, err := h.Run("another")
	require.ErrorIs(t, err, sim.ErrNoAddress)
	n, _ := h.Network("bridge")
	require.EqualError(t, err, "no available IPv4 addresses on this network's address pools: bridge ("+n.ID()+")")
	_, ok := h.Container("another")
	require.False(t, ok)
}
