package router

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A joiner is a netfilter that drops what comes in, and looks at the hooks of the stack that it is to know.
type joiner struct {
	accept
	joins func(*stack.Stack)
}

func (j joiner) Join(s *stack.Stack) { j.joins(s) }

func (joiner) CheckInput(*stack.PacketBuffer, *stack.Route, stack.AddressFamily) bool { return false }

// TestSetFilter has all hooks of a router that runs be those of its new netfilter at once.
func TestSetFilter(t *testing.T) {
	t.Parallel()
	r := New(nil, nil)
	r.stack = stack.New(stack.Options{NetworkProtocols: []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol}})
	defer r.stack.Destroy()
	defer r.Close()
	r.Start()
	before := r.stack.NFTables()
	drops := func() bool { return !before.(hooks).now().CheckInput(nil, nil, 0) }
	joined := false
	r.SetFilter(joiner{joins: func(s *stack.Stack) {
		joined = true
		require.Same(t, r.stack, s)
		require.Equal(t, before, s.NFTables(), "no hook is the netfilter's own")
		require.False(t, drops())
	}})
	require.True(t, joined)
	require.Equal(t, before, r.stack.NFTables())
	require.True(t, drops())
}
