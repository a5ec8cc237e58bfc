package sim_test

import (
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestBadNames has names that nobody should choose: what Docker refuses is refused in its words,
// and the rest, of networks almost everything, is a name like others.
func TestBadNames(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	web := simtest.Run(t, h, "web")
	const only = ", only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
	for _, name := range []string{"a\x00b", "\x1b[31mred", "a\x1b[0m", "a\nb", "ab\n", "a b", "-ab", "_ab", "né", "a\xffb", "a/b", "//ab", "a\u202eb"} {
		_, err := h.Create(name)
		require.EqualError(t, err, "Invalid container name ("+name+")"+only)
		require.ErrorIs(t, err, sim.ErrName)
		require.ErrorIs(t, web.Rename(name), sim.ErrName)
		require.Equal(t, "web", web.Name())
	}
	long := strings.Repeat("a", 5000) // for which Docker has no limit
	require.NoError(t, web.Rename(long))
	require.Equal(t, long, web.Name())

	for _, name := range []string{"\t\n", "\u2003"} {
		_, err := h.CreateNetwork(name)
		require.EqualError(t, err, "invalid name: "+name)
		require.ErrorIs(t, err, sim.ErrName)
	}
	for _, name := range []string{"a\x00b", "\x1b[31mred", "a/b.c", long} {
		n, err := h.CreateNetwork(name)
		require.NoError(t, err)
		c := simtest.Run(t, h, "", sim.WithNetwork(n))
		_, err = c.LookupAddr(t.Context(), c.IP().String())
		require.NoError(t, err, "of /etc/hosts")
		found, ok := h.Network(name)
		require.True(t, ok)
		require.Same(t, n, found)
	}

	for _, name := range []string{"a\x00b", "a\nb", "a b"} {
		_, err := h.CreateSpec("", dockerapi.ContainerCreate{Config: dockerapi.Config{Hostname: name}})
		require.ErrorIs(t, err, sim.ErrName)
		_, err = h.Create("", sim.WithHostname(name))
		require.ErrorContains(t, err, "sethostname: invalid argument")
		_, err = sim.NewMachine(sim.WithName(name))
		require.ErrorIs(t, err, sim.ErrName)
	}
	_, err := h.Create("", sim.WithHostname(strings.Repeat("a", 64)))
	require.NoError(t, err)
	_, err = h.Run("", sim.WithHostname(strings.Repeat("a", 65)))
	require.ErrorContains(t, err, "error during container init: sethostname: invalid argument")
	require.ErrorIs(t, err, sim.ErrName)
	_, err = sim.NewMachine(sim.WithName(strings.Repeat("a", 65)))
	require.ErrorIs(t, err, sim.ErrName)
}
