package slirp

import (
	"fmt"
	"net/netip"
	"time"

	"drydock/internal/packet"
	"drydock/sim/internal/random"

	"golang.org/x/time/rate"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

const nicID = 1 // of the outside's end of the cable

// open makes the stack and joins it to the cable.
func (n *Net) open(opts Options) error {
	rng := random.NewSource(opts.Seed)
	n.stack = stack.New(stack.Options{
		NetworkProtocols: []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{
			tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4,
		},
		IPTables:   new(stack.IPTables), // accepts all
		RandSource: rng,
		SecureRNG:  rng,
		// With HandleLocal a promiscuous stack takes every source address for one
		// of its own, and drops what it gets.
		HandleLocal: false,
	})
	n.tasks.Open()
	n.tcp.init(n)
	n.udp.init(n)
	for _, step := range []struct {
		name string
		do   func(Options) tcpip.Error
	}{
		{"options", n.setOptions},
		{"cable", n.addNIC},
		{"address", n.addAddress},
	} {
		if err := step.do(opts); err != nil {
			n.Close()
			return fmt.Errorf("slirp: %s: %v", step.name, err)
		}
	}
	return nil
}

// timeWait is how long the outside keeps a client's port after its connection: as
// long as Linux keeps that of a loopback client from being used again.
const timeWait = time.Second

// setOptions gives the stack the properties of the emulated ones, which have
// Linux's where those of gVisor differ.
func (n *Net) setOptions(Options) tcpip.Error {
	n.stack.SetICMPLimit(rate.Inf) // it is for all destinations together
	rcv := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4 << 10, Default: 4 << 20, Max: 8 << 20}
	snd := tcpip.TCPSendBufferSizeRangeOption{Min: 4 << 10, Default: 4 << 20, Max: 8 << 20}
	wait := tcpip.TCPTimeWaitTimeoutOption(timeWait)
	var none tcpip.TCPRecovery // as emulated stacks have it
	for _, o := range []tcpip.SettableTransportProtocolOption{&rcv, &snd, &wait, &none} {
		if err := n.stack.SetTransportProtocolOption(tcp.ProtocolNumber, o); err != nil {
			return err
		}
	}
	// net.core.rmem_default and wmem_default; gVisor's 32 KiB hold 20 datagrams.
	if err := n.stack.SetOption(tcpip.ReceiveBufferSizeOption{Min: 4 << 10, Default: 212992, Max: 4 << 20}); err != nil {
		return err
	}
	if err := n.stack.SetOption(tcpip.SendBufferSizeOption{Min: 4 << 10, Default: 212992, Max: 4 << 20}); err != nil {
		return err
	}
	n.stack.SetTransportProtocolHandler(tcp.ProtocolNumber, n.tcp.handle)
	n.stack.SetTransportProtocolHandler(udp.ProtocolNumber, n.udp.handle)
	n.stack.SetTransportProtocolHandler(icmp.ProtocolNumber4, n.handleICMP)
	return n.stack.SetPortRange(32768, 60999) // net.ipv4.ip_local_port_range
}

// addNIC adds the end of the cable, which takes packets for all addresses and sends
// from any.
func (n *Net) addNIC(opts Options) tcpip.Error {
	ep := newLink(opts.Link, n.gateway.Addr())
	var nic stack.NICOptions
	if w, ok := opts.Link.(packetWriter); ok {
		nic.QDisc = qdisc{w}
	}
	if err := n.stack.CreateNICWithOptions(nicID, ep, nic); err != nil {
		return err
	}
	if err := n.stack.SetPromiscuousMode(nicID, true); err != nil {
		return err
	}
	return n.stack.SetSpoofing(nicID, true)
}

// addAddress adds the gateway's address, and routes to its network and, via the
// emulated host, to all others.
func (n *Net) addAddress(Options) tcpip.Error {
	addr := tcpip.ProtocolAddress{
		Protocol: ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddressWithPrefix{
			Address: packet.ToAddress(n.gateway.Addr()), PrefixLen: n.gateway.Bits(),
		},
	}
	n.stack.SetRouteTable([]tcpip.Route{
		{Destination: addr.AddressWithPrefix.Subnet(), NIC: nicID},
		{Destination: header.IPv4EmptySubnet, Gateway: packet.ToAddress(n.guest), NIC: nicID},
	})
	return n.stack.AddProtocolAddress(nicID, addr, stack.AddressProperties{})
}

// closeStack closes what open opened, and the cable. All tasks have ended.
func (n *Net) closeStack() {
	n.stack.Close()
	// Who still answers a segment needs the NIC for it.
	n.stack.TransportProtocolInstance(tcp.ProtocolNumber).Wait()
	n.stack.RemoveNIC(nicID)
	n.stack.Wait()
}

func fullAddress(ap netip.AddrPort) tcpip.FullAddress {
	return tcpip.FullAddress{NIC: nicID, Addr: packet.ToAddress(ap.Addr()), Port: ap.Port()}
}
