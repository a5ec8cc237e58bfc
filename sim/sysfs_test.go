package sim_test

import (
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestSysfs has both ends of a cable in /sys/class/net, and the port's hairpin mode, which is on
// without a userland proxy.
func TestSysfs(t *testing.T) {
	t.Parallel()
	for _, proxy := range []bool{true, false} {
		h := simtest.NewHost(t, sim.WithUserlandProxy(proxy))
		web := simtest.Run(t, h, "web")
		text := func(files fs.FS, name string) string {
			b, err := fs.ReadFile(files, "sys/class/net/"+name)
			require.NoError(t, err)
			return strings.TrimSuffix(string(b), "\n")
		}
		ports, err := fs.ReadDir(h.FS(), "sys/class/net/docker0/brif")
		require.NoError(t, err)
		require.Len(t, ports, 1)
		port := ports[0].Name()
		require.Equal(t, text(web.FS(), "eth0/ifindex"), text(h.FS(), port+"/iflink"))
		require.Equal(t, text(web.FS(), "eth0/iflink"), text(h.FS(), port+"/ifindex"))
		require.Equal(t, "02:42:ac:11:00:02", text(web.FS(), "eth0/address"))
		require.Equal(t, "0x1003", text(web.FS(), "eth0/flags"))
		require.Equal(t, "up", text(web.FS(), "eth0/operstate"))
		require.Equal(t, "unknown", text(web.FS(), "lo/operstate"))
		want := strconv.Itoa(map[bool]int{true: 0, false: 1}[proxy])
		require.Equal(t, want, text(h.FS(), "docker0/brif/"+port+"/hairpin_mode"))
	}
}
