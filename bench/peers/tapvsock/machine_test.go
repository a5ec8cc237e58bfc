package tapvsock

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"

	"github.com/containers/gvisor-tap-vsock/pkg/types"
	"github.com/containers/gvisor-tap-vsock/pkg/virtualnetwork"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// newNetwork returns gvproxy's network with its defaults.
func newNetwork(b *testing.B) *virtualnetwork.VirtualNetwork {
	n, err := virtualnetwork.New(&types.Configuration{
		MTU: 1500, Subnet: "192.168.127.0/24", GatewayIP: "192.168.127.1", GatewayMacAddress: "5a:94:ef:e4:0c:dd",
		Protocol: types.QemuProtocol,
	})
	require.NoError(b, err)
	return n
}

// A machine is a netstack on a network.
type machine struct {
	stack *stack.Stack
	ip    netip.Addr
}

// plug makes a machine, and joins it to a network until b ends.
func plug(b *testing.B, n *virtualnetwork.VirtualNetwork, last byte) machine {
	m := machine{ip: netip.AddrFrom4([4]byte{192, 168, 127, last})}
	link := channel.New(10_000, 1500, tcpip.LinkAddress([]byte{0x5a, 0x94, 0xef, 0xe4, 0x0c, last}))
	m.stack = stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4},
	})
	require.Nil(b, m.stack.CreateNIC(1, ethernet.New(link)))
	require.Nil(b, m.stack.AddProtocolAddress(1, tcpip.ProtocolAddress{
		Protocol:          ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: tcpip.AddrFrom4(m.ip.As4()), PrefixLen: 24},
	}, stack.AddressProperties{}))
	m.stack.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	m.setOptions(b)

	near, far := socketPair(b)
	ctx, cancel := context.WithCancel(context.Background())
	var pumps sync.WaitGroup
	pumps.Go(func() { n.AcceptQemu(ctx, far) })
	pumps.Go(func() { send(ctx, link, near) })
	pumps.Go(func() { receive(near, link) })
	b.Cleanup(func() {
		cancel()
		near.Close()
		far.Close()
		pumps.Wait()
		m.stack.Destroy()
	})
	return m
}

func (m machine) setOptions(b *testing.B) {
	sack, cubic := tcpip.TCPSACKEnabled(true), tcpip.CongestionControlOption("cubic")
	in := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4096, Default: 1 << 20, Max: 8 << 20}
	out := tcpip.TCPSendBufferSizeRangeOption{Min: 4096, Default: 1 << 20, Max: 8 << 20}
	for _, o := range []tcpip.SettableTransportProtocolOption{&sack, &cubic, &in, &out} {
		require.Nil(b, m.stack.SetTransportProtocolOption(tcp.ProtocolNumber, o))
	}
}

// socketPair returns two ends of a stream as QEMU and gvproxy have them.
func socketPair(b *testing.B) (near, far net.Conn) {
	l, err := net.Listen("unix", filepath.Join(b.TempDir(), "s"))
	require.NoError(b, err)
	defer l.Close()
	near, err = net.Dial("unix", l.Addr().String())
	require.NoError(b, err)
	far, err = l.Accept()
	require.NoError(b, err)
	return near, far
}

// send writes frames of a machine, each behind its length.
func send(ctx context.Context, link *channel.Endpoint, to net.Conn) {
	var frame []byte
	for {
		pkt := link.ReadContext(ctx)
		if pkt == nil {
			return
		}
		frame = binary.BigEndian.AppendUint32(frame[:0], uint32(pkt.Size()))
		for _, part := range pkt.AsSlices() {
			frame = append(frame, part...)
		}
		pkt.DecRef()
		if _, err := to.Write(frame); err != nil {
			return
		}
	}
}

// receive reads frames for a machine.
func receive(from net.Conn, link *channel.Endpoint) {
	var size [4]byte
	for {
		if _, err := io.ReadFull(from, size[:]); err != nil {
			return
		}
		frame := make([]byte, binary.BigEndian.Uint32(size[:]))
		if _, err := io.ReadFull(from, frame); err != nil {
			return
		}
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(frame)})
		link.InjectInbound(0, pkt) // its Ethernet header says what it is
		pkt.DecRef()
	}
}

func (m machine) Addr() string { return m.ip.String() }

func (m machine) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	if network == "udp" || network == "udp4" {
		to := full(a)
		return gonet.DialUDP(m.stack, nil, &to, ipv4.ProtocolNumber)
	}
	return gonet.DialContextTCP(ctx, m.stack, full(a), ipv4.ProtocolNumber)
}

func (m machine) Listen(_ context.Context, _, address string) (net.Listener, error) {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	return gonet.ListenTCP(m.stack, full(a), ipv4.ProtocolNumber)
}

func (m machine) ListenPacket(_ context.Context, _, address string) (net.PacketConn, error) {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	at := full(a)
	return gonet.DialUDP(m.stack, &at, nil, ipv4.ProtocolNumber)
}

func full(a netip.AddrPort) tcpip.FullAddress {
	return tcpip.FullAddress{NIC: 1, Addr: tcpip.AddrFrom4(a.Addr().As4()), Port: a.Port()}
}
