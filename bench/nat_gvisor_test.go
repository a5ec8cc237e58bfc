package bench

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// openGVisorNAT joins three stacks by two of gVisor's link/veth. The one in the middle
// forwards and translates by gVisor's own means.
func openGVisorNAT(b *testing.B) natLab {
	wide, narrow := netip.PrefixFrom(netip.IPv4Unspecified(), 0), insideAddr.Masked()
	outsideCable, hostEth0 := gvisorCable()
	hostDocker0, insideCable := gvisorCable()

	outside := newGVisorStack(b)
	outside.SetRouteTable([]tcpip.Route{
		plugGVisor(b, outside, 1, "eth0", outsideCable, outsideAddr), gvisorRoute(narrow, hostOutside),
	})
	inside := newGVisorStack(b)
	inside.SetRouteTable([]tcpip.Route{
		plugGVisor(b, inside, 1, "eth0", insideCable, insideAddr), gvisorRoute(wide, hostInside),
	})
	host := newGVisorStack(b)
	host.SetRouteTable([]tcpip.Route{
		plugGVisor(b, host, 1, "eth0", hostEth0, hostOutside),
		plugGVisor(b, host, 2, "docker0", hostDocker0, hostInside),
	})
	require.Nil(b, host.SetForwardingDefaultAndAllNICs(ipv4.ProtocolNumber, true))
	host.IPTables().ReplaceTable(stack.NATID, gvisorNAT(), false)
	return natLab{&gvisorEnd{outside, outsideAddr.Addr()}, &gvisorEnd{inside, insideAddr.Addr()}}
}

// gvisorRoute returns a route by way of a neighbour on the first interface.
func gvisorRoute(to, via netip.Prefix) tcpip.Route {
	dst := tcpip.AddressWithPrefix{Address: tcpip.AddrFrom4(to.Addr().As4()), PrefixLen: to.Bits()}
	return tcpip.Route{Destination: dst.Subnet(), Gateway: tcpip.AddrFrom4(via.Addr().As4()), NIC: 1}
}

// gvisorNAT returns Docker's two rules that translate. What gVisor has no match for,
// the port, is left out.
func gvisorNAT() stack.Table {
	everything := stack.Rule{Filter: stack.EmptyFilter4(), Target: &stack.AcceptTarget{NetworkProtocol: ipv4.ProtocolNumber}}
	publish := stack.Rule{Filter: stack.EmptyFilter4(), Target: &stack.DNATTarget{
		NetworkProtocol: ipv4.ProtocolNumber,
		Addr:            tcpip.AddrFrom4(insideAddr.Addr().As4()), ChangeAddress: true,
		Port: 80, ChangePort: true,
	}}
	publish.Filter.Protocol, publish.Filter.CheckProtocol = header.TCPProtocolNumber, true
	publish.Filter.Dst = tcpip.AddrFrom4(hostOutside.Addr().As4())
	publish.Filter.DstMask = tcpip.AddrFrom4([4]byte{255, 255, 255, 255})

	masquerade := stack.Rule{Filter: stack.EmptyFilter4(), Target: &stack.MasqueradeTarget{NetworkProtocol: ipv4.ProtocolNumber}}
	masquerade.Filter.Src = tcpip.AddrFrom4(insideAddr.Masked().Addr().As4())
	masquerade.Filter.SrcMask = tcpip.AddrFrom4([4]byte{255, 255, 0, 0})
	masquerade.Filter.OutputInterface, masquerade.Filter.OutputInterfaceInvert = "docker0", true

	return stack.Table{
		Rules: []stack.Rule{
			publish, everything, // PREROUTING
			everything,             // INPUT
			everything,             // OUTPUT
			masquerade, everything, // POSTROUTING
		},
		BuiltinChains: [stack.NumHooks]int{
			stack.Prerouting: 0, stack.Input: 2, stack.Forward: stack.HookUnset, stack.Output: 3, stack.Postrouting: 4,
		},
		Underflows: [stack.NumHooks]int{
			stack.Prerouting: 1, stack.Input: 2, stack.Forward: stack.HookUnset, stack.Output: 3, stack.Postrouting: 5,
		},
	}
}
