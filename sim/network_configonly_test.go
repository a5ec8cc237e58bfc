package sim_test

import (
	"testing"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestConfigOnly: networks are made with what a configuration network was asked for, which stays as
// long as they do and has no endpoints.
func TestConfigOnly(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	before := snapshot(h)
	conf, err := h.CreateNetworkSpec(dockerapi.NetworkCreate{
		Name: "conf", ConfigOnly: true, Labels: map[string]string{"a": "b"}, Options: map[string]string{dockerapi.OptionMTU: "1400"},
		IPAM: dockerapi.IPAM{Config: []dockerapi.IPAMConfig{{Subnet: "10.2.0.0/24", IPRange: "10.2.0.128/25"}}},
	})
	require.NoError(t, err)
	told := conf.Inspect()
	require.True(t, told.ConfigOnly)
	require.Equal(t, "null", told.Driver)
	require.Equal(t, []dockerapi.IPAMConfig{{Subnet: "10.2.0.0/24", IPRange: "10.2.0.128/25"}}, told.IPAM.Config)
	require.Empty(t, conf.Device())
	require.Empty(t, conf.Subnets())

	from := dockerapi.NetworkCreate{Name: "net", ConfigFrom: &dockerapi.ConfigReference{Network: "conf"}}
	n, err := h.CreateNetworkSpec(from)
	require.NoError(t, err)
	told = n.Inspect()
	require.Equal(t, "conf", told.ConfigFrom.Network)
	require.Equal(t, map[string]string{"a": "b"}, told.Labels)
	c1 := simtest.Run(t, h, "c1", sim.WithNetwork(n))
	require.Equal(t, "10.2.0.129", c1.IP().String())

	c, err := h.Create("c2", sim.WithNetwork(conf))
	require.NoError(t, err)
	for _, err := range []error{c.Start(), c1.Connect(conf)} {
		require.ErrorContains(t, err, "cannot create endpoint on configuration-only network")
		require.ErrorIs(t, err, sim.ErrConfigOnly)
	}
	require.NoError(t, c.Remove())

	for _, test := range []struct {
		change func(*dockerapi.NetworkCreate)
		want   string
	}{
		{func(c *dockerapi.NetworkCreate) { c.ConfigOnly = true }, "a configuration network cannot depend on another configuration network"},
		{func(c *dockerapi.NetworkCreate) { c.Labels = map[string]string{"x": ""} }, "user specified configurations are not supported if the network depends on a configuration network"},
		{func(c *dockerapi.NetworkCreate) { c.Options = map[string]string{"x": ""} }, "network driver options are not supported if the network depends on a configuration network"},
		{func(c *dockerapi.NetworkCreate) { c.ConfigFrom.Network = "net" }, `configuration network "net" does not exist`},
		{func(c *dockerapi.NetworkCreate) { c.ConfigFrom, c.ConfigOnly, c.Internal = nil, true, true }, "configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported."},
		{func(c *dockerapi.NetworkCreate) { c.ConfigFrom, c.ConfigOnly, c.Name = nil, true, "conf" }, "network with name conf already exists"},
	} {
		spec := dockerapi.NetworkCreate{Name: "other", ConfigFrom: &dockerapi.ConfigReference{Network: "conf"}}
		test.change(&spec)
		_, err := h.CreateNetworkSpec(spec)
		require.EqualError(t, err, test.want)
	}

	require.NoError(t, c1.ForceRemove())
	require.EqualError(t, conf.Remove(), `error while removing network: configuration network "conf" is in use`)
	require.NoError(t, n.Remove())
	require.NoError(t, conf.Remove())
	require.Equal(t, before, snapshot(h))
}
