package nat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"drydock/bridge"
	"drydock/drop"
	"drydock/nat"
	"drydock/nat/iptables"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// Tables are the netfilter of a gVisor stack, here one that talks to itself: what it
// sends to port 80 goes to port 8080, and port 22 is closed.
func Example() {
	s := loopbackStack()
	defer s.Destroy()
	tables := nat.New()
	tables.Attach(s)
	for _, line := range []string{
		"-t nat -A OUTPUT -p tcp --dport 80 -j REDIRECT --to-ports 8080",
		"-A INPUT -p tcp --dport 22 -j REJECT --reject-with tcp-reset",
	} {
		if err := iptables.Run(os.Stdout, tables.IPv4(), strings.Fields(line)...); err != nil {
			panic(err)
		}
	}

	address := func(port uint16) tcpip.FullAddress {
		return tcpip.FullAddress{Addr: tcpip.AddrFrom4([4]byte{127, 0, 0, 1}), Port: port}
	}
	l, err := gonet.ListenTCP(s, address(8080), ipv4.ProtocolNumber)
	if err != nil {
		panic(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			fmt.Fprintf(c, "hello from %v\n", l.Addr())
			c.Close()
		}
	}()
	c, err := gonet.DialContextTCP(context.Background(), s, address(80), ipv4.ProtocolNumber)
	if err != nil {
		panic(err)
	}
	defer c.Close()
	io.Copy(os.Stdout, c)
	_, err = gonet.DialContextTCP(context.Background(), s, address(22), ipv4.ProtocolNumber)
	fmt.Println(err)
	iptables.Run(os.Stdout, tables.IPv4(), "-t", "nat", "-v", "-S", "OUTPUT")
	// Output:
	// hello from 127.0.0.1:8080
	// connect tcp 127.0.0.1:22: connection was refused
	// -P OUTPUT ACCEPT -c 0 0
	// -A OUTPUT -p tcp -m tcp --dport 80 -c 1 60 -j REDIRECT --to-ports 8080
}

// Packets see all the changes of an edit at once: no packet finds the new chain without its
// rules, or the port open while they change.
func ExampleRuleset_Edit() {
	rules := nat.New().IPv4()
	ssh := nat.Rule{
		Proto:   nat.Protocol{Number: 6},
		Matches: []nat.Match{nat.TCP{Dst: nat.PortRange{Lo: 22, Hi: 22, Set: true}}},
		Target:  nat.Jump{Chain: "SSH"},
	}
	err := rules.Edit(func(tx *nat.Ruleset) error {
		return errors.Join(
			tx.NewChain("filter/SSH"),
			tx.Append("filter/SSH", nat.Rule{In: nat.Interface{Name: "eth0"}, Target: nat.Accept{}}, nat.Rule{Target: nat.Drop{}}),
			tx.Append(nat.FilterInput, ssh),
		)
	})
	fmt.Println(err)
	for chain := range rules.Chains("filter") {
		for rule := range rules.Rules(chain) {
			fmt.Println(chain, rule)
		}
	}
	err = rules.Append(nat.NATPostrouting, nat.Rule{Target: nat.Redirect{MinPort: 8080, MaxPort: 8080}})
	fmt.Println(err)
	// Output:
	// <nil>
	// filter/INPUT -p tcp -m tcp --dport 22 -j SSH
	// filter/SSH -i eth0 -j ACCEPT
	// filter/SSH -j DROP
	// nat: append nat/POSTROUTING "-j REDIRECT --to-ports 8080": Target: protocol without ports
}

// loopbackStack returns a stack with nothing but the interface lo, which must have that
// name.
func loopbackStack() *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
		HandleLocal:        true,
	})
	if err := s.CreateNICWithOptions(1, loopback.New(), stack.NICOptions{Name: "lo"}); err != nil {
		panic(err)
	}
	local := tcpip.AddressWithPrefix{Address: tcpip.AddrFrom4([4]byte{127, 0, 0, 1}), PrefixLen: 8}
	s.AddProtocolAddress(1, tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: local}, stack.AddressProperties{})
	s.AddRoute(tcpip.Route{Destination: local.Subnet(), NIC: 1})
	return s
}

// Tables filter the frames between the ports of a bridge, too, without any stack: as
// with icc=false, where containers on a network do not reach each other.
func ExampleTables_FilterBridged() {
	br, err := bridge.New("docker0")
	if err != nil {
		panic(err)
	}
	defer br.Close()
	wires := map[string]*channel.Endpoint{}
	for _, name := range []string{"veth1", "veth2"} {
		wires[name] = channel.New(16, 1514, "")
		if _, err := br.AddPort(name, ethernet.New(wires[name])); err != nil {
			panic(err)
		}
	}
	tables := nat.New(nat.OnDrop(func(d nat.Dropped) { fmt.Println(d) }))
	br.SetFilter(tables)

	send := func() {
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(udpFrame())})
		wires["veth1"].InjectInbound(0, pkt)
		pkt.DecRef()
		fmt.Println(wires["veth2"].Drain(), "left by veth2")
	}
	send()
	err = tables.IPv4().Append(nat.FilterForward, nat.Rule{
		In: nat.Interface{Name: "docker0"}, Out: nat.Interface{Name: "docker0"}, Target: nat.Drop{},
	})
	if err != nil {
		panic(err)
	}
	send()
	fmt.Println(tables.Drops()[drop.Rule], "dropped by a rule")
	// Output:
	// 1 left by veth2
	// FORWARD: dropped by filter/FORWARD rule 1: docker0 (veth1) to docker0 (veth2), 28 bytes of udp from 172.17.0.2:1 to 172.17.0.3:53
	// 0 left by veth2
	// 1 dropped by a rule
}

// udpFrame returns a frame from one container to another, without checksum in UDP.
func udpFrame() []byte {
	b := make([]byte, header.EthernetMinimumSize+header.IPv4MinimumSize+header.UDPMinimumSize)
	header.Ethernet(b).Encode(&header.EthernetFields{
		SrcAddr: "\x02\x42\xac\x11\x00\x02", DstAddr: "\x02\x42\xac\x11\x00\x03", Type: ipv4.ProtocolNumber,
	})
	ip := header.IPv4(b[header.EthernetMinimumSize:])
	ip.Encode(&header.IPv4Fields{
		TotalLength: uint16(len(ip)), TTL: 64, Protocol: uint8(udp.ProtocolNumber),
		SrcAddr: tcpip.AddrFrom4([4]byte{172, 17, 0, 2}), DstAddr: tcpip.AddrFrom4([4]byte{172, 17, 0, 3}),
	})
	ip.SetChecksum(^ip.CalculateChecksum())
	header.UDP(ip.Payload()).Encode(&header.UDPFields{SrcPort: 1, DstPort: 53, Length: header.UDPMinimumSize})
	return b
}
