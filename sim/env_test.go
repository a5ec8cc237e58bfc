package sim_test

import (
	"slices"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

const pathVariable = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"

// TestEnv has what env printed in a container with a link and options -e.
func TestEnv(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	other := simtest.Run(t, h, "other", sim.WithExpose("5432"), sim.WithEnv("PG_VERSION=9.3"))
	c := simtest.Run(t, h, "c1", sim.WithLink(other, "zz"), sim.WithEnv("ZZ_NAME=mine", "ZZ_PORT=override", "A=1", "A=2"))
	want := pathVariable + "HOSTNAME=" + c.Hostname() + `
ZZ_PORT=override
ZZ_PORT_5432_TCP=tcp://172.17.0.2:5432
ZZ_PORT_5432_TCP_ADDR=172.17.0.2
ZZ_PORT_5432_TCP_PORT=5432
ZZ_PORT_5432_TCP_PROTO=tcp
ZZ_NAME=mine
ZZ_ENV_PG_VERSION=9.3
A=2
HOME=/root`
	require.Equal(t, want, strings.Join(c.Env(), "\n"))

	// The environment is that of the start.
	require.NoError(t, other.Restart(t.Context()))
	require.Equal(t, want, strings.Join(c.Env(), "\n"))
	require.NoError(t, c.Stop(t.Context()))
	require.Nil(t, c.Env())

	home := simtest.Run(t, h, "c2", sim.WithEnv("HOME=/x"), sim.WithHostname("foo"))
	require.Equal(t, pathVariable+"HOSTNAME=foo\nHOME=/x", strings.Join(home.Env(), "\n"))
	without := simtest.Run(t, h, "c3", sim.WithEnv("HOSTNAME", "A=1", "A"))
	require.Equal(t, pathVariable+"HOME=/root", strings.Join(without.Env(), "\n"))
	require.Equal(t, []string{"HOSTNAME", "A=1", "A", strings.TrimSpace(pathVariable)}, without.Inspect().Config.Env)
	_, err := h.Create("c4", sim.WithEnv("=VALUE"))
	require.ErrorIs(t, err, sim.ErrName)
}

// TestLinkEnvironment: 29 has variables of links only if it is told to keep them.
func TestLinkEnvironment(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		h := simtest.NewHost(t, sim.WithEngine(sim.Docker29), sim.WithLinkEnvironment(keep))
		db := simtest.Run(t, h, "db", sim.WithExpose("5432"))
		web := simtest.Run(t, h, "web", sim.WithLink(db, "db"))
		require.Equal(t, keep, slices.Contains(web.Env(), "DB_NAME=/web/db"))
	}
}
