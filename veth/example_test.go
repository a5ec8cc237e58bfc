package veth_test

import (
	"fmt"
	"io"
	"log"
	"time"

	"drydock/veth"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// Two stacks, joined by a cable of which one direction takes 10 ms.
func Example() {
	left, right, err := veth.Pair()
	if err != nil {
		log.Fatal(err)
	}
	if err := left.Impair(veth.Impairment{Delay: 10 * time.Millisecond}); err != nil {
		log.Fatal(err)
	}
	client, server := host(left, 1), host(right, 2)
	defer client.Destroy() // closes the cable, too
	defer server.Destroy()

	web := tcpip.FullAddress{Addr: tcpip.AddrFrom4([4]byte{10, 0, 0, 2}), Port: 80}
	l, err := gonet.ListenTCP(server, web, ipv4.ProtocolNumber)
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, _ := l.Accept()
		fmt.Fprint(c, "hello")
		c.Close()
	}()

	c, err := gonet.DialTCP(client, web, ipv4.ProtocolNumber)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	text, err := io.ReadAll(c)
	fmt.Printf("%s %v, through %v\n", text, err, left.Impairment())
	// Output: hello <nil>, through delay 10ms
}

// host returns a stack with the address 10.0.0.n on one end of a cable.
func host(e *veth.Endpoint, n byte) *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{arp.NewProtocol, ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})
	if err := s.CreateNIC(1, e); err != nil {
		log.Fatal(err)
	}
	addr := tcpip.AddressWithPrefix{Address: tcpip.AddrFrom4([4]byte{10, 0, 0, n}), PrefixLen: 24}
	if err := s.AddProtocolAddress(1, tcpip.ProtocolAddress{
		Protocol: ipv4.ProtocolNumber, AddressWithPrefix: addr,
	}, stack.AddressProperties{}); err != nil {
		log.Fatal(err)
	}
	s.AddRoute(tcpip.Route{Destination: addr.Subnet(), NIC: 1})
	return s
}
