package sim

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestVethNameTaken draws the name of the first container's veth again for the
// second's: it gets another, and the first keeps its port.
func TestVethNameTaken(t *testing.T) {
	t.Parallel()
	h, err := NewHost(WithSeed(1))
	require.NoError(t, err)
	defer h.Close()
	first, err := h.Run("first")
	require.NoError(t, err)
	h.random.mu.Lock()
	delete(h.random.streams, "veth name") // it starts over
	h.random.mu.Unlock()
	second, err := h.Run("second")
	require.NoError(t, err)

	ports := h.Interfaces()[2:]
	require.Len(t, ports, 2)
	require.NotEqual(t, ports[0].Name, ports[1].Name)
	_, err = second.Ping(context.Background(), first.IP().String(), nil)
	require.NoError(t, err)
	require.NoError(t, second.Kill())
	_, err = h.Ping(context.Background(), first.IP().String(), nil)
	require.NoError(t, err)
}
