package sim_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNameserverOnLo: questions for the embedded resolver pass lo with the port to which Docker's
// rule has translated them, and answers come from port 53, as Linux shows both.
func TestNameserverOnLo(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		n := simtest.NewNetwork(t, host, "n")
		web := simtest.Run(t, host, "web", sim.WithNetwork(n))
		var mu sync.Mutex
		var seen []string
		port := uint16(0)
		host.Sniff(func(p sim.Place) bool { return p.Device == "lo" }, func(s sim.Sniffed) {
			mu.Lock()
			defer mu.Unlock()
			ip := s.Frame[14:]
			src, dst := netip.AddrFrom4([4]byte(ip[12:])), netip.AddrFrom4([4]byte(ip[16:]))
			from, to := binary.BigEndian.Uint16(ip[20:]), binary.BigEndian.Uint16(ip[22:])
			if dst == netip.AddrFrom4([4]byte{127, 0, 0, 11}) {
				port = to
				seen = append(seen, fmt.Sprintf("%d %v > %v", ip[9], src, dst))
			} else {
				seen = append(seen, fmt.Sprintf("%d %v.%d > %v", ip[9], src, from, dst))
			}
		})
		_, err := web.LookupNetIP(t.Context(), "ip4", "web")
		require.NoError(t, err)
		time.Sleep(time.Second)
		mu.Lock()
		defer mu.Unlock()
		assert.Equal(t, []string{"17 127.0.0.1 > 127.0.0.11", "17 127.0.0.11.53 > 127.0.0.1"}, seen)
		assert.Greater(t, port, uint16(1024))
	})
}
