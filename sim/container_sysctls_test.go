package sim_test

import (
	"testing"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestContainerSysctls has what --sysctl sets, and what dockerd, runc and the emulation refuse.
func TestContainerSysctls(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	create := func(name, network, key, value string) (*sim.Container, error) {
		return h.CreateSpec(name, dockerapi.ContainerCreate{HostConfig: dockerapi.HostConfig{
			NetworkMode: network, Sysctls: map[string]string{key: value},
		}})
	}
	c, err := create("aa", "", "net.ipv4.ip_default_ttl", "9")
	require.NoError(t, err)
	require.NoError(t, c.Start())
	v, err := c.Sysctl("net.ipv4.ip_default_ttl")
	require.NoError(t, err)
	require.Equal(t, "9", v)

	const start = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: "
	for _, tt := range []struct{ network, key, value, create, start string }{
		{key: "net.ipv4.nosuch", value: "1", start: start + "open /proc/sys/net/ipv4/nosuch: no such file or directory: unknown"},
		{key: "net.ipv4.ip_default_ttl", value: "0", start: start + "write /proc/sys/net/ipv4/ip_default_ttl: invalid argument: unknown"},
		{key: "kernel.sem", value: "1", create: "option Sysctls kernel.sem is not emulated"},
		{key: "net.core.somaxconn", value: "1", create: "option Sysctls net.core.somaxconn is not emulated"},
		{network: "host", key: "net.ipv4.ip_forward", value: "0", create: `sysctl "net.ipv4.ip_forward" not allowed in host network namespace`},
	} {
		c, err := create("bb", tt.network, tt.key, tt.value)
		if tt.create != "" {
			require.EqualError(t, err, tt.create)
			continue
		}
		require.NoError(t, err)
		require.EqualError(t, c.Start(), tt.start)
		require.NoError(t, c.Remove())
	}
}

// TestPlainSysctls has those that tell of Linux and of Docker's namespaces.
func TestPlainSysctls(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "cc")
	old := simtest.Run(t, simtest.NewHost(t, sim.WithEngine(sim.Docker113)), "cc")
	for _, tt := range []struct {
		of interface {
			Sysctl(string) (string, error)
		}
		key, want string
	}{
		{h, "net.ipv4.conf.all.accept_redirects", "0"}, // as it forwards
		{h, "net.ipv4.conf.docker0.accept_redirects", "1"},
		{h, "net.ipv4.ip_unprivileged_port_start", "1024"},
		{c, "net.ipv4.ip_unprivileged_port_start", "0"},
		{old, "net.ipv4.ip_unprivileged_port_start", "1024"},
		{c, "net.ipv4.ping_group_range", "0\t2147483647"},
		{c, "net.ipv4.conf.eth0.arp_evict_nocarrier", "1"},
	} {
		v, err := tt.of.Sysctl(tt.key)
		require.NoError(t, err)
		require.Equal(t, tt.want, v, tt.key)
	}
}

// TestSysctlOfJoinedNetwork sets it where the container is.
func TestSysctlOfJoinedNetwork(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	web := simtest.Run(t, h, "web")
	c, err := h.CreateSpec("side", dockerapi.ContainerCreate{HostConfig: dockerapi.HostConfig{
		NetworkMode: "container:web", Sysctls: map[string]string{"net.ipv4.ip_default_ttl": "33"},
	}})
	require.NoError(t, err)
	require.NoError(t, c.Start())
	ttl, err := web.Sysctl("net.ipv4.ip_default_ttl")
	require.NoError(t, err)
	require.Equal(t, "33", ttl)
}
