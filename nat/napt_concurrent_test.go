package nat

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNAPTConcurrent: first packets of one endpoint at the same time get one mapping, those of many
// endpoints a port each.
func TestNAPTConcurrent(t *testing.T) {
	t.Parallel()
	b := newNAPT(t, "udp", NAPT{Random: true})
	const workers, rounds = 8, 40
	var mu sync.Mutex
	by := make(map[string]string) // who has a port outside
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := range rounds {
				src := fmt.Sprintf("%s:%d", inside1, 2000+i)
				out := b.passed(bedDocker0, sample{proto: "udp", src: src, dst: fmt.Sprintf("10.0.0.%d:80", 10+w)}.bytes())
				if out == nil {
					t.Error("dropped")
					continue
				}
				at, _, _ := strings.Cut(strings.TrimPrefix(dissect(out).String(), "udp "), " > ")
				mu.Lock()
				if who, ok := by[at]; ok && who != src {
					t.Errorf("%s has two owners", at)
				}
				by[at] = src
				mu.Unlock()
				b.passed(bedEth0, sample{proto: "udp", src: "10.0.0.9:9", dst: at}.bytes())
				b.tables.Forget(nil)
			}
		})
	}
	all.Wait()
	require.Len(t, by, rounds)
	for at := range by {
		require.NotNil(t, b.tables.mappings.find(&b.tables.host, natPort{17, netip.MustParseAddrPort(at)}))
	}
}
