package sim_test

import (
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// linesOf returns the lines of a file of a container.
func linesOf(t *testing.T, c *sim.Container, name string) []string {
	t.Helper()
	return strings.Split(strings.TrimSuffix(cat(t, c.FS(), name[1:]), "\n"), "\n")
}

// TestAddHost has the lines before those of links and of the container itself, in the
// order of the command line and with duplicates.
func TestAddHost(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	tgt := simtest.Run(t, h, "tgt")
	c := simtest.Run(t, h, "cc", sim.WithAddHost("foo:1.2.3.4", "bar:::1", "foo:5.6.7.8"), sim.WithAddHost("up:host-gateway"), sim.WithLink(tgt, ""))
	require.Equal(t, []string{
		"1.2.3.4\tfoo", "::1\tbar", "5.6.7.8\tfoo", "172.17.0.1\tup",
		"172.17.0.2\ttgt " + tgt.ID()[:12],
		"172.17.0.3\t" + c.ID()[:12],
	}, linesOf(t, c, "/etc/hosts")[6:])
	require.Equal(t, "[1.2.3.4 5.6.7.8]", lookup(t, c, "foo"))

	for spec, text := range map[string]string{
		"foo":       `bad format for add-host: "foo"`,
		":1.2.3.4":  `bad format for add-host: ":1.2.3.4"`,
		"foo:bar":   `invalid IP address in add-host: "bar"`,
		"foo:1.2.3": `invalid IP address in add-host: "1.2.3"`,
	} {
		_, err := h.Run("bad", sim.WithAddHost(spec))
		require.EqualError(t, err, text)
	}
	_, err := h.Run("bad", sim.WithNetworkOf(tgt), sim.WithAddHost("foo:1.2.3.4"))
	require.EqualError(t, err, "conflicting options: custom host-to-IP mapping and the network mode")
}
