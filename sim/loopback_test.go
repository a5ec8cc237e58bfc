package sim_test

import (
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestPublishedOnLoopback: all of 127.0.0.0/8 reaches a published port, with the userland
// proxy and without, where the host's rules have to translate it (moby#45629).
func TestPublishedOnLoopback(t *testing.T) {
	t.Parallel()
	for _, proxy := range []bool{true, false} {
		simtest.VirtualTime(t, func(t *testing.T) {
			h := simtest.NewHost(t, sim.WithUserlandProxy(proxy))
			web := simtest.Run(t, h, "web", sim.WithPublish("8080:80", "8080:80/udp"), sim.WithPublish("127.0.0.5:9090:80", "127.0.0.5:9090:80/udp"))
			who(t, web, "tcp", "80")
			who(t, web, "udp", "80")
			for _, network := range []string{"tcp", "udp"} {
				for _, address := range []string{"127.0.0.1:8080", "127.0.0.5:8080", "127.255.0.1:8080", "127.0.0.5:9090"} {
					want := "you are 172.17.0.1"
					if proxy && network == "udp" && address != "127.0.0.1:8080" && strings.HasSuffix(address, ":8080") {
						want = "timed out" // the proxy's socket is one of all addresses, and answers from 127.0.0.1
					}
					require.Contains(t, nc(t, h, network, address), want, "%s %s, proxy %v", network, address, proxy)
				}
				require.NotContains(t, nc(t, h, network, "127.0.0.1:9090"), "you are", network)
			}
		})
	}
}
