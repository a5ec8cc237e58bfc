package iputils

import (
	"bytes"
	"net/netip"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPingFamilies has which address of a name ping(8) takes: the first lines that it
// printed in containers of Docker Engine 20.10.24, on networks with and without IPv6.
func TestPingFamilies(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		x := simtest.NewNetwork(t, h, "x", sim.WithSubnet(netip.MustParsePrefix("fd00:1::/64")))
		c1 := simtest.Run(t, h, "c1", sim.WithNetwork(x), sim.WithHostname("h1"))
		simtest.Run(t, h, "c2", sim.WithNetwork(x), sim.WithHostname("h2"))
		plain := simtest.Run(t, h, "plain")
		for _, tt := range []struct {
			m     command.Machine
			args  []string
			first string
			reply string
		}{
			{c1, []string{"c2"}, "PING c2(c2.x (fd00:1::3)) 56 data bytes", "64 bytes from c2.x (fd00:1::3): icmp_seq=1"},
			{c1, []string{"-6", "c2"}, "PING c2(c2.x (fd00:1::3)) 56 data bytes", "64 bytes from c2.x (fd00:1::3): icmp_seq=1"},
			{c1, []string{"-4", "c2"}, "PING  (172.18.0.3) 56(84) bytes of data.", "64 bytes from c2.x (172.18.0.3): icmp_seq=1"},
			{c1, []string{"-6", "h1"}, "PING h1(h1 (fd00:1::2)) 56 data bytes", "64 bytes from h1 (fd00:1::2): icmp_seq=1"},
			{plain, []string{"localhost"}, "PING localhost (127.0.0.1) 56(84) bytes of data.", "64 bytes from localhost (127.0.0.1): icmp_seq=1"},
		} {
			var out bytes.Buffer
			require.Zero(t, runPing(t.Context(), &out, tt.m, append([]string{"-c", "1"}, tt.args...)...))
			first, rest, _ := bytes.Cut(out.Bytes(), []byte("\n"))
			if tt.first != "" {
				assert.Equal(t, tt.first, string(first))
			}
			assert.Equal(t, tt.reply, string(rest[:min(len(tt.reply), len(rest))]))
		}
	})
}
