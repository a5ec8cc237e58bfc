package router_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"drydock/internal/packet/samples"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// The router forwards what package packet takes for well-formed and nothing else, whatever
// it carries, and changes no byte but the hop limit.
func TestSamples(t *testing.T) {
	t.Parallel()
	for _, s := range samples.All() {
		t.Run(s.Name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := new(netfilter)
				top := plan{virtual: true, filter: f}.build(t)
				top.acquaint(t)
				c := top.capture()
				top.write(t, 0, s.Bytes, packet{})
				synctest.Wait()
				got := c.take()
				if !s.OK {
					assert.Empty(t, got)
					return
				}
				require.Len(t, got, 1)
				assert.Equal(t, 1, got[0].cable)
				assert.Equal(t, forwarded(s), got[0].ip)
			})
		})
	}
}

// forwarded returns a sample as it leaves a router.
func forwarded(s samples.Sample) []byte {
	b := slices.Clone(s.Bytes[:s.Layout.Size])
	if s.Layout.V6 {
		b[7]--
		return b
	}
	h := header.IPv4(b)
	h.SetTTL(h.TTL() - 1)
	h.SetChecksum(0)
	h.SetChecksum(^h.CalculateChecksum())
	return b
}
