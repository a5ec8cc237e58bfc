package bench

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	gveth "gvisor.dev/gvisor/pkg/tcpip/link/veth"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// A gvisorEnd is a netstack with one NIC, used by way of gVisor's own gonet.
type gvisorEnd struct {
	stack *stack.Stack
	ip    netip.Addr
}

// openGVisorVeth joins the ends of each pair by gVisor's link/veth.
func openGVisorVeth(b *testing.B, n int) []pair {
	pairs := make([]pair, n)
	for i := range pairs {
		x, y := gvisorCable()
		pairs[i] = pair{newGVisorEnd(b, 2*i, x), newGVisorEnd(b, 2*i+1, y)}
	}
	return pairs
}

// openGVisorBridge joins each end by a link/veth to one stack.BridgeEndpoint.
func openGVisorBridge(b *testing.B, n int) []pair {
	br := newGVisorBridge(b)
	pairs := make([]pair, n)
	for i := range pairs {
		x, portX := gvisorCable()
		y, portY := gvisorCable()
		br.addPort(b, portX)
		br.addPort(b, portY)
		pairs[i] = pair{newGVisorEnd(b, 2*i, x), newGVisorEnd(b, 2*i+1, y)}
	}
	return pairs
}

// gvisorBacklog is how many frames wait in a link/veth: ten times its default, with
// which 32 streams at once lose so much that they all but stand still.
const gvisorBacklog = 10 * gveth.DefaultBacklogSize

// gvisorCable returns the two ends of a link/veth with the default MTU.
func gvisorCable() (a, b *gveth.Endpoint) {
	return gveth.NewPair(veth.DefaultMTU+header.EthernetMinimumSize, gvisorBacklog)
}

// A gvisorBridge is the stack that a stack.BridgeEndpoint needs to have ports.
type gvisorBridge struct {
	stack *stack.Stack
	ports tcpip.NICID
}

// gvisorMaster is the NIC of the bridge itself.
const gvisorMaster tcpip.NICID = 1

func newGVisorBridge(b *testing.B) *gvisorBridge {
	s := stack.New(stack.Options{})
	b.Cleanup(s.Destroy)
	require.Nil(b, s.CreateNIC(gvisorMaster, stack.NewBridgeEndpoint(veth.DefaultMTU+header.EthernetMinimumSize)))
	return &gvisorBridge{stack: s}
}

func (br *gvisorBridge) addPort(b *testing.B, ep *gveth.Endpoint) {
	br.ports++
	id := gvisorMaster + br.ports
	require.Nil(b, br.stack.CreateNIC(id, ethernet.New(ep)))
	require.Nil(b, br.stack.SetNICCoordinator(id, gvisorMaster))
}

// newGVisorEnd returns a stack with one address on one cable.
func newGVisorEnd(b *testing.B, index int, ep *gveth.Endpoint) *gvisorEnd {
	ip := netip.AddrFrom4([4]byte{172, 18, byte((index + 2) >> 8), byte(index + 2)})
	s := newGVisorStack(b)
	s.SetRouteTable([]tcpip.Route{plugGVisor(b, s, 1, "eth0", ep, netip.PrefixFrom(ip, 16))})
	return &gvisorEnd{s, ip}
}

// newGVisorStack returns a stack with the options that drydock's containers have.
func newGVisorStack(b *testing.B) *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4},
	})
	b.Cleanup(s.Destroy)
	rcv := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4 << 10, Default: 4 << 20, Max: 8 << 20}
	require.Nil(b, s.SetTransportProtocolOption(tcp.ProtocolNumber, &rcv))
	snd := tcpip.TCPSendBufferSizeRangeOption{Min: 4 << 10, Default: 4 << 20, Max: 8 << 20}
	require.Nil(b, s.SetTransportProtocolOption(tcp.ProtocolNumber, &snd))
	return s
}

// plugGVisor gives s an interface with an address and returns the route to the subnet
// of that.
func plugGVisor(b *testing.B, s *stack.Stack, id tcpip.NICID, name string, ep *gveth.Endpoint, p netip.Prefix) tcpip.Route {
	require.Nil(b, s.CreateNICWithOptions(id, ethernet.New(ep), stack.NICOptions{Name: name}))
	addr := tcpip.AddressWithPrefix{Address: tcpip.AddrFrom4(p.Addr().As4()), PrefixLen: p.Bits()}
	require.Nil(b, s.AddProtocolAddress(id, tcpip.ProtocolAddress{
		Protocol: ipv4.ProtocolNumber, AddressWithPrefix: addr,
	}, stack.AddressProperties{}))
	return tcpip.Route{Destination: addr.Subnet(), NIC: id}
}

func (e *gvisorEnd) Addr() string { return e.ip.String() }

func (e *gvisorEnd) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	to, err := gvisorAddress(address)
	if err != nil {
		return nil, err
	}
	if network == "udp4" {
		return gonet.DialUDP(e.stack, nil, &to, ipv4.ProtocolNumber)
	}
	return gonet.DialContextTCP(ctx, e.stack, to, ipv4.ProtocolNumber)
}

func (e *gvisorEnd) Listen(_ context.Context, _, address string) (net.Listener, error) {
	at, err := gvisorAddress(address)
	if err != nil {
		return nil, err
	}
	l, err := gonet.ListenTCP(e.stack, at, ipv4.ProtocolNumber)
	return gvisorListener{l}, err
}

func (e *gvisorEnd) ListenPacket(_ context.Context, _, address string) (net.PacketConn, error) {
	at, err := gvisorAddress(address)
	if err != nil {
		return nil, err
	}
	return gonet.DialUDP(e.stack, &at, nil, ipv4.ProtocolNumber)
}

// ping uses a socket for echo requests, which gonet takes for a UDP one.
func (e *gvisorEnd) ping(_ context.Context, to string, n int) ([]time.Duration, error) {
	var wq waiter.Queue
	ep, err := e.stack.NewEndpoint(icmp.ProtocolNumber4, ipv4.ProtocolNumber, &wq)
	if err != nil {
		return nil, errors.New(err.String())
	}
	conn := gonet.NewUDPConn(&wq, ep)
	defer conn.Close()
	if err := ep.Connect(tcpip.FullAddress{Addr: tcpip.AddrFrom4(netip.MustParseAddr(to).As4())}); err != nil {
		return nil, errors.New(err.String())
	}
	return echo(conn, n)
}

func gvisorAddress(s string) (tcpip.FullAddress, error) {
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		return tcpip.FullAddress{}, err
	}
	return tcpip.FullAddress{Addr: tcpip.AddrFrom4(a.Addr().As4()), Port: a.Port()}, nil
}

// A gvisorListener ends Accept when it is closed, which gonet's leaves waiting.
type gvisorListener struct{ *gonet.TCPListener }

func (l gvisorListener) Close() error {
	l.Shutdown()
	return l.TCPListener.Close()
}
