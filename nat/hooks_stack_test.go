package nat

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

func addAddresses(t testing.TB, s *stack.Stack, nic tcpip.NICID, prefixes ...string) {
	t.Helper()
	for _, text := range prefixes {
		p := netip.MustParsePrefix(text)
		pa := tcpip.ProtocolAddress{Protocol: protocolOf(p.Addr()), AddressWithPrefix: tcpip.AddressWithPrefix{
			Address: toAddress(p.Addr()), PrefixLen: p.Bits(),
		}}
		require.Nil(t, s.AddProtocolAddress(nic, pa, stack.AddressProperties{}))
		s.AddRoute(tcpip.Route{Destination: pa.AddressWithPrefix.Subnet(), NIC: nic})
	}
}
