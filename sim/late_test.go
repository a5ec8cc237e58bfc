package sim_test

import (
	"net/netip"
	"testing"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestLateNetwork: a container is made on a network that is not there, and starts once it is.
// Recorded of Docker 20.10.24.
func TestLateNetwork(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	target := simtest.Run(t, h, "target")
	spec := dockerapi.ContainerCreate{HostConfig: dockerapi.HostConfig{NetworkMode: "later", Links: []string{"target:t"}}}
	spec.NetworkingConfig.EndpointsConfig = map[string]dockerapi.EndpointConfig{"later": {Aliases: []string{"w"}, Links: []string{"target:t"}}}
	c, err := h.CreateSpec("web", spec)
	require.NoError(t, err)
	told := c.Inspect().NetworkSettings.Networks
	require.Equal(t, map[string]dockerapi.EndpointSettings{"later": {EndpointConfig: spec.NetworkingConfig.EndpointsConfig["later"]}}, told)
	for range 2 {
		err = c.Start()
		require.ErrorIs(t, err, sim.ErrNotFound)
		require.EqualError(t, err, "network later not found")
		require.Equal(t, 128, c.State().ExitCode)
	}
	later := simtest.NewNetwork(t, h, "later")
	require.NoError(t, target.Connect(later))
	require.NoError(t, c.Start())
	require.Equal(t, c.Link(later).Addr(), c.IP())
	addrs, err := c.LookupNetIP(t.Context(), "ip4", "t")
	require.NoError(t, err)
	require.Equal(t, target.Link(later).Addr(), addrs[0])
	require.NoError(t, c.Restart(t.Context()))
	require.Len(t, c.Networks(), 1)
	addrs, err = target.LookupNetIP(t.Context(), "ip4", "w")
	require.NoError(t, err)
	require.Equal(t, c.IP(), addrs[0])

	require.EqualError(t, c.ConnectName("nosuch", dockerapi.EndpointConfig{}), "network nosuch not found")
	require.EqualError(t, c.DisconnectName("nosuch"), "network nosuch not found")
}

// TestLateRefused: what a network does not allow is refused by the start, what is malformed when
// the container is made.
func TestLateRefused(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	simtest.NewNetwork(t, h, "auto")
	simtest.NewNetwork(t, h, "own", sim.WithSubnet(netip.MustParsePrefix("10.9.0.0/24")))
	addr := func(a string) dockerapi.EndpointConfig {
		return dockerapi.EndpointConfig{IPAMConfig: &dockerapi.EndpointIPAMConfig{IPv4Address: a}}
	}
	for _, test := range []struct {
		network string
		config  dockerapi.EndpointConfig
		create  string
		start   string
	}{
		{network: "bridge", config: addr("172.17.0.9"), start: "user specified IP address is supported on user defined networks only"},
		{network: "none", config: addr("172.17.0.9"), start: "user specified IP address is supported on user defined networks only"},
		{network: "bridge", config: dockerapi.EndpointConfig{Aliases: []string{"x"}}, start: "network-scoped alias is supported only for containers in user defined networks"},
		{network: "auto", config: addr("172.18.0.9"), start: "user specified IP address is supported only when connecting to networks with user configured subnets"},
		{network: "own", config: addr("10.8.0.1"), start: "Invalid address 10.8.0.1: It does not belong to any of this network's subnets"},
		{network: "nosuch", config: addr("10.8.0.1"), start: "network nosuch not found"},
		{network: "nosuch", config: addr("bad"), create: "invalid IPv4 address: bad"},
		{network: "bridge", config: addr("bad"), create: "invalid IPv4 address: bad"},
	} {
		spec := dockerapi.ContainerCreate{HostConfig: dockerapi.HostConfig{NetworkMode: test.network}}
		spec.NetworkingConfig.EndpointsConfig = map[string]dockerapi.EndpointConfig{test.network: test.config}
		c, err := h.CreateSpec("", spec)
		if test.create != "" {
			require.EqualError(t, err, test.create)
			continue
		}
		require.NoError(t, err)
		require.EqualError(t, c.Start(), test.start)
		require.Contains(t, c.Inspect().NetworkSettings.Networks, test.network)
		require.NoError(t, c.Remove())
	}
}

// TestConnectName: a container that does not run may be connected to a network that is not
// there, which keeps it from starting.
func TestConnectName(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c, err := h.Create("web")
	require.NoError(t, err)
	require.NoError(t, c.ConnectName("later", dockerapi.EndpointConfig{}))
	require.Equal(t, dockerapi.EndpointSettings{
		EndpointConfig: dockerapi.EndpointConfig{IPAMConfig: &dockerapi.EndpointIPAMConfig{}, Aliases: []string{}}, DriverOpts: map[string]string{},
	}, c.Inspect().NetworkSettings.Networks["later"])
	require.EqualError(t, c.Start(), "network later not found")
	require.NoError(t, c.DisconnectName("later"))
	require.EqualError(t, c.DisconnectName("later"), "container "+c.ID()+" is not connected to the network later")
	require.NoError(t, c.ConnectName("later", dockerapi.EndpointConfig{}))
	later := simtest.NewNetwork(t, h, "later")
	require.NoError(t, c.Start())
	require.True(t, c.Link(later).Addr().IsValid())
	require.Len(t, c.Networks(), 2)
}
