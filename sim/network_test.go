package sim_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestDefaultPools repeats the recorded order: round the pools, freed ones only after
// the round, none left at the end.
func TestDefaultPools(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	subnets := func(names ...string) (list []string) {
		for _, name := range names {
			list = append(list, simtest.NewNetwork(t, h, name).Subnets()[0].String())
		}
		return list
	}
	require.Equal(t, []string{"172.18.0.0/16"}, subnets("p0"))
	remove(t, h, "p0")
	var names, want []string
	for i := 19; i <= 31; i++ {
		want = append(want, fmt.Sprintf("172.%d.0.0/16", i))
	}
	for i := 0; i <= 240; i += 16 {
		want = append(want, fmt.Sprintf("192.168.%d.0/20", i))
	}
	want = append(want, "172.18.0.0/16")
	for i := range want {
		names = append(names, fmt.Sprint("p", i+1))
	}
	require.Equal(t, want, subnets(names...))
	_, err := h.CreateNetwork("p31")
	require.EqualError(t, err, "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network")
	require.ErrorIs(t, err, sim.ErrNoAddress)
	remove(t, h, "p3")
	remove(t, h, "p20")
	require.Equal(t, []string{"172.21.0.0/16", "192.168.96.0/20"}, subnets("q1", "q2"))
}

// TestBridgeIPLeavesPools: with docker0 elsewhere the first default pool is free.
func TestBridgeIPLeavesPools(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithBridgeIP(prefix("10.200.0.1/24")))
	require.Equal(t, "10.200.0.2", simtest.Run(t, h, "web").IP().String())
	require.Equal(t, "172.17.0.0/16", simtest.NewNetwork(t, h, "after").Subnets()[0].String())
}

// TestPoolsBesideLAN: a pool that overlaps a network of the host is passed over, an
// explicit one is not.
func TestPoolsBesideLAN(t *testing.T) {
	t.Parallel()
	lan := simtest.NewLAN(t)
	h := simtest.NewHost(t, sim.WithUplink(lan, netip.MustParsePrefix("172.18.5.1/24")))
	require.Equal(t, "172.19.0.0/16", simtest.NewNetwork(t, h, "n1").Subnets()[0].String())
	simtest.NewNetwork(t, h, "n2", sim.WithSubnet(netip.MustParsePrefix("172.18.0.0/16")))
}

// TestGatewayElsewhere: the gateway may be an address that the host has elsewhere, as Linux has it.
func TestGatewayElsewhere(t *testing.T) {
	t.Parallel()
	lan := simtest.NewLAN(t)
	h := simtest.NewHost(t, sim.WithUplink(lan, netip.MustParsePrefix("10.0.0.1/16")))
	before := snapshot(h)
	for _, subnet := range []string{"10.0.0.0/24", "127.0.0.0/24"} {
		n := simtest.NewNetwork(t, h, "net", sim.WithSubnet(prefix(subnet)))
		require.Equal(t, prefix(subnet).Addr().Next(), n.Gateway())
		if c := simtest.Run(t, h, "c1", sim.WithNetwork(n)); subnet[0] == '1' && subnet[1] == '0' {
			_, err := c.Ping(t.Context(), n.Gateway().String(), &ping.Config{Count: 1})
			require.NoError(t, err)
		}
		c, _ := h.Container("c1")
		require.NoError(t, c.ForceRemove())
		require.NoError(t, n.Remove())
	}
	require.Equal(t, before, snapshot(h))
}

func TestCreateNetwork(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		subnet, gateway, ipRange string
		wantGateway, first       string
	}{
		{"10.1.0.0/24", "", "", "10.1.0.1", "10.1.0.2"},
		{"10.2.0.0/24", "10.2.0.254", "", "10.2.0.254", "10.2.0.1"},
		{"10.3.0.0/16", "", "10.3.5.0/24", "10.3.5.0", "10.3.5.1"},
		{"10.4.0.0/16", "10.4.0.1", "10.4.5.0/24", "10.4.0.1", "10.4.5.0"},
		{"10.6.0.7/24", "", "", "10.6.0.1", "10.6.0.2"},
		{"10.7.0.0/30", "", "", "10.7.0.1", "10.7.0.2"},
		{"10.2.0.0/24", "", "10.2.0.0/16", "10.2.0.1", "10.2.0.2"},
		{"10.1.8.0/24", "", "10.1.8.0/16", "10.1.8.1", "10.1.8.2"},
		{"10.1.5.0/24", "", "10.1.5.200/26", "10.1.5.192", "10.1.5.193"},
		{"10.1.5.0/24", "10.1.5.1", "10.1.5.200/32", "10.1.5.1", "10.1.5.200"},
		{"10.1.5.0/24", "", "10.1.5.0/31", "10.1.5.1", ""},
		{"10.1.5.0/24", "10.1.5.254", "10.1.5.252/30", "10.1.5.254", "10.1.5.252"},
		{"10.7.0.0/30", "10.7.0.2", "10.7.0.2/31", "10.7.0.2", ""},
	} {
		t.Run(test.subnet+" "+test.ipRange, func(t *testing.T) {
			t.Parallel()
			h := simtest.NewHost(t)
			n, err := h.CreateNetwork("net", networkOptions(test.subnet, test.gateway, test.ipRange)...)
			require.NoError(t, err)
			require.Equal(t, test.wantGateway, n.Gateway().String())
			require.Equal(t, prefix(test.subnet).Masked(), n.Subnets()[0])
			require.Equal(t, "br-"+n.ID()[:12], n.Device())
			if test.ipRange != "" {
				require.Equal(t, test.ipRange, n.Inspect().IPAM.Config[0].IPRange)
			}
			c, err := h.Run("c1", sim.WithNetwork(n))
			if test.first == "" {
				require.EqualError(t, err, "no available IPv4 addresses on this network's address pools: net ("+n.ID()+")")
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.first, c.IP().String())
		})
	}
}

func networkOptions(subnet, gateway, ipRange string) (opts []sim.NetworkOption) {
	if subnet != "" {
		opts = append(opts, sim.WithSubnet(prefix(subnet)))
	}
	if gateway != "" {
		opts = append(opts, sim.WithGateway(netip.MustParseAddr(gateway)))
	}
	if ipRange != "" {
		opts = append(opts, sim.WithIPRange(prefix(ipRange)))
	}
	return opts
}

// TestCreateNetworkRefused has Docker's messages, and sees that nothing changes.
func TestCreateNetworkRefused(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	simtest.NewNetwork(t, h, "ok1", sim.WithSubnet(prefix("10.1.0.0/24")))
	before, rules := snapshot(h), save(t, h)
	for _, test := range []struct {
		name, subnet, gateway, ipRange string
		message                        string
		err                            error
	}{
		{"x", "10.1.0.0/24", "", "", "Pool overlaps with other one on this address space", sim.ErrOverlap},
		{"x", "10.1.0.128/25", "", "", "Pool overlaps with other one on this address space", sim.ErrOverlap},
		{"x", "10.0.0.0/8", "", "", "Pool overlaps with other one on this address space", sim.ErrOverlap},
		{"x", "172.17.5.0/24", "", "", "Pool overlaps with other one on this address space", sim.ErrOverlap},
		{"x", "", "10.2.0.1", "", "every ip-range or gateway must have a corresponding subnet", sim.ErrConflict},
		{"x", "", "", "10.2.0.0/24", "every ip-range or gateway must have a corresponding subnet", sim.ErrConflict},
		{"x", "10.2.0.0/24", "10.3.0.1", "", "no matching subnet for gateway 10.3.0.1", sim.ErrAddress},
		{"x", "10.2.0.0/24", "10.2.0.0", "", "failed to allocate gateway (10.2.0.0): Address already in use", sim.ErrAddress},
		{"x", "10.2.0.0/24", "10.2.0.255", "", "failed to allocate gateway (10.2.0.255): Address already in use", sim.ErrAddress},
		{"x", "10.2.0.0/24", "", "10.3.0.0/24", "no matching subnet for range 10.3.0.0/24", sim.ErrAddress},
		{"x", "10.1.8.0/23", "", "10.1.0.0/16", "no matching subnet for range 10.1.0.0/16", sim.ErrAddress},
		{"x", "10.2.0.0/24", "", "10.2.1.0/23", "no matching subnet for range 10.2.1.0/23", sim.ErrAddress},
		{"x", "10.2.0.0/24", "", "10.2.0.0/32", "failed to allocate gateway (): No available addresses on this pool", sim.ErrNoAddress},
		{"x", "10.8.0.0/31", "10.8.0.0", "", "failed to allocate gateway (10.8.0.0): No available addresses on this pool", sim.ErrNoAddress},
		{"x", "10.9.0.0/32", "10.9.0.0", "", "failed to allocate gateway (10.9.0.0): No available addresses on this pool", sim.ErrNoAddress},
		{"x", "10.8.0.0/31", "", "", "failed to allocate gateway (): No available addresses on this pool", sim.ErrNoAddress},
		{"x", "10.9.0.0/32", "", "", "failed to allocate gateway (): No available addresses on this pool", sim.ErrNoAddress},
		{"ok1", "", "", "", "network with name ok1 already exists", sim.ErrExists},
		{"", "", "", "", "network with name  already exists", sim.ErrName},
		{" ", "", "", "", "invalid name:  ", sim.ErrName},
		{"bridge", "", "", "", "operation is not permitted on predefined bridge network", sim.ErrPredefined},
		{"default", "", "", "", "operation is not permitted on predefined default network", sim.ErrPredefined},
	} {
		_, err := h.CreateNetwork(test.name, networkOptions(test.subnet, test.gateway, test.ipRange)...)
		require.EqualError(t, err, test.message)
		require.ErrorIs(t, err, test.err)
		require.Equal(t, before, snapshot(h), test.message)
		require.Equal(t, rules, save(t, h), test.message)
	}
}

func TestRemoveNetwork(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	before := snapshot(h)
	n := simtest.NewNetwork(t, h, "n1")
	c := simtest.Run(t, h, "c1", sim.WithNetwork(n))
	err := n.Remove()
	require.ErrorIs(t, err, sim.ErrInUse)
	require.EqualError(t, err, "error while removing network: network n1 id "+n.ID()+" has active endpoints")

	require.NoError(t, c.Stop(t.Context()))
	require.NoError(t, n.Remove(), "a stopped container does not count")
	err = c.Start()
	require.ErrorIs(t, err, sim.ErrNotFound)
	require.EqualError(t, err, "network "+n.ID()+" not found")
	require.ErrorIs(t, n.Remove(), sim.ErrNotFound)
	require.NoError(t, c.Remove())
	require.Equal(t, before, snapshot(h))

	bridge, _ := h.Network("bridge")
	err = bridge.Remove()
	require.ErrorIs(t, err, sim.ErrPredefined)
	require.EqualError(t, err, "bridge is a pre-defined network and cannot be removed")
}

// TestInspect has the JSON that "docker network inspect" printed, but for IDs, MACs and
// times.
func TestInspect(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	n := simtest.NewNetwork(t, h, "testnet")
	c := simtest.Run(t, h, "centos-1")
	bridge, _ := h.Network("bridge")
	endpoint := bridge.Inspect().Containers[c.ID()].EndpointID
	require.Len(t, endpoint, 64)
	for _, test := range []struct {
		n    *sim.Network
		want string
	}{
		{n, `"Scope":"local","Driver":"bridge","EnableIPv6":false,"IPAM":{"Driver":"default","Options":{},` +
			`"Config":[{"Subnet":"172.18.0.0/16","Gateway":"172.18.0.1"}]},"Internal":false,"Attachable":false,"Ingress":false,` +
			`"ConfigFrom":{"Network":""},"ConfigOnly":false,"Containers":{},"Options":{},"Labels":{}}`},
		{bridge, `"Scope":"local","Driver":"bridge","EnableIPv6":false,"IPAM":{"Driver":"default","Options":null,` +
			`"Config":[{"Subnet":"172.17.0.0/16"}]},"Internal":false,"Attachable":false,"Ingress":false,` +
			`"ConfigFrom":{"Network":""},"ConfigOnly":false,"Containers":{"` + c.ID() + `":{"Name":"centos-1","EndpointID":"` + endpoint +
			`","MacAddress":"02:42:ac:11:00:02","IPv4Address":"172.17.0.2/16","IPv6Address":""}},"Options":{` +
			`"com.docker.network.bridge.default_bridge":"true","com.docker.network.bridge.enable_icc":"true",` +
			`"com.docker.network.bridge.enable_ip_masquerade":"true","com.docker.network.bridge.host_binding_ipv4":"0.0.0.0",` +
			`"com.docker.network.bridge.name":"docker0","com.docker.network.driver.mtu":"1500"},"Labels":{}}`},
	} {
		b, err := json.Marshal(test.n.Inspect())
		require.NoError(t, err)
		head, tail, ok := strings.Cut(string(b), `"Scope"`)
		require.True(t, ok)
		require.Equal(t, test.want, `"Scope"`+tail)
		require.Regexp(t, `^{"Name":"`+test.n.Name()+`","Id":"`+test.n.ID()+`","Created":"[0-9TZ:.+-]+",$`, head)
	}
	for opts, want := range map[string]string{
		"10.1.0.0/24  ":                    `[{"Subnet":"10.1.0.0/24"}]`,
		"10.2.0.0/24 10.2.0.254 ":          `[{"Subnet":"10.2.0.0/24","Gateway":"10.2.0.254"}]`,
		"10.3.0.0/16  10.3.5.0/24":         `[{"Subnet":"10.3.0.0/16","IPRange":"10.3.5.0/24"}]`,
		"10.4.0.0/16 10.4.0.1 10.4.5.0/24": `[{"Subnet":"10.4.0.0/16","IPRange":"10.4.5.0/24","Gateway":"10.4.0.1"}]`,
		"10.6.0.7/24  ":                    `[{"Subnet":"10.6.0.7/24"}]`,
	} {
		f := strings.Split(opts, " ")
		n, err := h.CreateNetwork(f[0], networkOptions(f[0], f[1], f[2])...)
		require.NoError(t, err)
		b, err := json.Marshal(n.Inspect().IPAM.Config)
		require.NoError(t, err)
		require.Equal(t, want, string(b))
	}
}

// TestAddressOfFullNetwork: Docker does not look who has an address while none is free.
func TestAddressOfFullNetwork(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	n := simtest.NewNetwork(t, h, "tiny", sim.WithSubnet(prefix("10.7.0.0/30")))
	simtest.Run(t, h, "only", sim.WithNetwork(n))
	for _, addr := range []string{"10.7.0.1", "10.7.0.2"} {
		_, err := h.Run("", sim.WithNetwork(n, sim.WithAddr(netip.MustParseAddr(addr))))
		require.EqualError(t, err, "No available addresses on this pool")
		require.ErrorIs(t, err, sim.ErrNoAddress)
	}
}
