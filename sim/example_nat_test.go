package sim_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"drydock/nat"
	"drydock/sim"
)

// A machine behind a NAT sends to a server, which sees the address of the router.
func ExampleWithNAT() {
	internet, err := sim.NewLAN()
	if err != nil {
		panic(err)
	}
	defer internet.Close()
	home, err := sim.NewLAN()
	if err != nil {
		panic(err)
	}
	defer home.Close()
	uplink := func(lan *sim.LAN, addr string) sim.MachineOption {
		return sim.WithUplink(lan, netip.MustParsePrefix(addr))
	}
	router, err := sim.NewMachine(uplink(home, "192.168.1.1/24"), uplink(internet, "203.0.113.1/24"), sim.WithNAT(internet, nat.FullCone))
	if err != nil {
		panic(err)
	}
	defer router.Close()
	server, err := sim.NewMachine(uplink(internet, "203.0.113.100/24"))
	if err != nil {
		panic(err)
	}
	defer server.Close()
	laptop, err := sim.NewMachine(uplink(home, "192.168.1.2/24"))
	if err != nil {
		panic(err)
	}
	defer laptop.Close()
	if err := laptop.AddRoute(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParseAddr("192.168.1.1")); err != nil {
		panic(err)
	}

	ctx := context.Background()
	listener, err := server.ListenPacket(ctx, "udp", ":3478")
	if err != nil {
		panic(err)
	}
	d := laptop.Dialer()
	d.LocalAddr = &net.UDPAddr{Port: 5000}
	conn, err := d.DialContext(ctx, "udp", "203.0.113.100:3478")
	if err != nil {
		panic(err)
	}
	conn.Write([]byte("where am I?"))
	_, from, err := listener.ReadFrom(make([]byte, 100))
	fmt.Println(from, err)
	for e := range router.Firewall().Conns() {
		fmt.Println(e.Original.Src, "by port", e.Reply.DstPort)
	}
	// Output:
	// 203.0.113.1:5000 <nil>
	// 192.168.1.2 by port 5000
}
