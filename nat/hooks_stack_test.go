package nat

import (
	"net/netip"
	"testing"

	wire "drydock/internal/packet"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

func addAddresses(t testing.TB, s *stack.Stack, nic tcpip.NICID, prefixes ...string) {
	t.Helper()
	for _, text := range prefixes {
		p := netip.MustParsePrefix(text)
		pa := tcpip.ProtocolAddress{Protocol: wire.Network(p.Addr()), AddressWithPrefix: tcpip.AddressWithPrefix{
			Address: wire.ToAddress(p.Addr()), PrefixLen: p.Bits(),
		}}
		require.Nil(t, s.AddProtocolAddress(nic, pa, stack.AddressProperties{}))
		s.AddRoute(tcpip.Route{Destination: pa.AddressWithPrefix.Subnet(), NIC: nic})
	}
}
