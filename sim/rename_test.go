package sim_test

import (
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestRename: a network knows a container by its new name at once and not by the old.
func TestRename(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithResolvConf("nameserver 10.0.0.1\n"))
		n := simtest.NewNetwork(t, h, "net")
		db := simtest.Run(t, h, "db", sim.WithNetwork(n, sim.WithAlias("store")))
		cli := simtest.Run(t, h, "cli", sim.WithNetwork(n), sim.WithLink(db, "link"))
		require.Equal(t, "[172.18.0.2]", lookup(t, cli, "link"))
		require.NoError(t, db.Rename("/pg"))
		require.Equal(t, "pg", db.Name())
		require.Equal(t, "[172.18.0.2]", lookup(t, cli, "pg"))
		require.Equal(t, "[172.18.0.2]", lookup(t, cli, "pg.net"))
		require.Equal(t, "[172.18.0.2]", lookup(t, cli, "store"))
		require.Equal(t, "Temporary failure in name resolution", lookup(t, cli, "db"), "nobody to ask answers")
		require.Equal(t, "Temporary failure in name resolution", lookup(t, cli, "link"), "it is noted as db")
		names, err := cli.LookupAddr(t.Context(), "172.18.0.2")
		require.NoError(t, err)
		require.Equal(t, []string{"pg.net"}, names)
		require.Equal(t, "pg", n.Inspect().Containers[db.ID()].Name)
		got, ok := h.Container("pg")
		require.True(t, ok)
		require.Same(t, db, got)
		simtest.Run(t, h, "db", sim.WithNetwork(n))
		require.Equal(t, "[172.18.0.4]", lookup(t, cli, "link"), "whoever is called db")
	})
}

// TestRenameLinked: the lines and variables of links follow at the next start of the
// container that has them.
func TestRenameLinked(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	tgt := simtest.Run(t, h, "tgt")
	cli := simtest.Run(t, h, "cli", sim.WithLink(tgt, "t"))
	line := func() string { return linesOf(t, cli, "/etc/hosts")[6] }
	require.NoError(t, tgt.Rename("tgt2"))
	require.NoError(t, cli.Rename("cli2"))
	require.Equal(t, "172.17.0.2\tt "+tgt.ID()[:12]+" tgt", line())
	require.NoError(t, tgt.Restart(t.Context()))
	require.Equal(t, "172.17.0.2\tt "+tgt.ID()[:12]+" tgt", line())
	require.Contains(t, cli.Env(), "T_NAME=/cli/t")
	require.NoError(t, cli.Restart(t.Context()))
	require.Equal(t, "172.17.0.2\tt "+tgt.ID()[:12]+" tgt2", line())
	require.Contains(t, cli.Env(), "T_NAME=/cli2/t")
}

// TestRenameRefused has the refusals of Docker Engine 20.10.24.
func TestRenameRefused(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	dup, other := simtest.Run(t, h, "dup"), simtest.Run(t, h, "other")
	for _, tt := range []struct {
		name, text string
		want       error
	}{
		{"dup", "Renaming a container with the same name as its current name", sim.ErrExists},
		{"other", `Error when allocating new name: Conflict. The container name "/other" is already in use by container "` + other.ID() +
			`". You have to remove (or rename) that container to be able to reuse that name.`, sim.ErrExists},
		{"b@d", "Error when allocating new name: Invalid container name (/b@d), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", sim.ErrName},
		{" ", "Neither old nor new names may be empty", sim.ErrName},
		{"", "Neither old nor new names may be empty", sim.ErrName},
	} {
		err := dup.Rename(tt.name)
		require.EqualError(t, err, tt.text)
		require.ErrorIs(t, err, tt.want)
		require.Equal(t, "dup", dup.Name())
	}
}
