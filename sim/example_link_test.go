package sim_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/netip"

	"drydock/sim"
	"drydock/veth"
)

// A container has a Link to each of its networks. It is its interface and address there, and
// the cable that tests pull.
func ExampleContainer_Link() {
	host, err := sim.NewHost()
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	net, err := host.CreateNetwork("net", sim.WithSubnet(netip.MustParsePrefix("10.1.0.0/24")))
	if err != nil {
		log.Fatal(err)
	}
	web, err := host.Run("web", sim.WithNetwork(net))
	if err != nil {
		log.Fatal(err)
	}

	link := web.Link(net)
	fmt.Println(link.Name(), link.Addr(), link.MAC(), "on", link.Network())
	fmt.Println(link.SetCarrier(false))
	bridge, _ := host.Network("bridge")
	fmt.Println(web.Link(bridge).SetCarrier(false))
	// Output:
	// eth0 10.1.0.2 02:42:0a:01:00:02 on net
	// <nil>
	// container web is not connected to network bridge
}

// What a container sends waits in its cable, and leaves it as a test wants.
func ExampleLink_Inflight() {
	host, err := sim.NewHost()
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	network, _ := host.Network("bridge")
	web, err := host.Run("web")
	if err != nil {
		log.Fatal(err)
	}
	cli, err := host.Run("cli")
	if err != nil {
		log.Fatal(err)
	}
	server, err := web.ListenPacket(context.Background(), "udp", ":53")
	if err != nil {
		log.Fatal(err)
	}
	client, err := cli.DialContext(context.Background(), "udp", "172.17.0.2:53")
	if err != nil {
		log.Fatal(err)
	}
	hear := func() {
		b := make([]byte, 100)
		n, _, err := server.ReadFrom(b)
		fmt.Printf("%s %v\n", b[:n], err)
	}
	io.WriteString(client, "warm") // ARP asks
	hear()

	send, _, err := cli.Link(network).Inflight()
	if err != nil {
		log.Fatal(err)
	}
	send.Hold()
	for _, text := range []string{"one", "two", "three"} {
		io.WriteString(client, text)
	}
	frames := send.Frames()
	fmt.Println(len(frames), "frames wait")
	fmt.Println(send.Drop(frames[0].ID))
	fmt.Println(send.Release(frames[2].ID))
	hear()
	send.Resume()
	hear()
	// Output:
	// warm <nil>
	// 3 frames wait
	// <nil>
	// <nil>
	// three <nil>
	// two <nil>
}

// The second segment with data that a server is sent gets lost, whatever else passes, and TCP sends it
// again.
func ExampleLink_Impair() {
	host, err := sim.NewHost()
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	network, _ := host.Network("bridge")
	web, err := host.Run("web")
	if err != nil {
		log.Fatal(err)
	}
	cli, err := host.Run("cli")
	if err != nil {
		log.Fatal(err)
	}
	server, err := web.Listen(context.Background(), "tcp", ":80")
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	const headers = 14 + 20 + 32 // Ethernet, IPv4, and TCP with its timestamps
	segments := 0
	second := func(_ uint64, frame []byte) bool {
		if len(frame) > headers && bytes.HasPrefix(frame[headers:], []byte("segment")) {
			segments++
			fmt.Printf("%s\n", frame[headers:])
		}
		return segments == 2
	}
	// The server's end receives what it loses here. veth.LoseFrames(3) would lose the third frame
	// of any kind.
	if err := web.Link(network).Impair(veth.Impairment{}, veth.Impairment{Loss: veth.Loss{Model: veth.LoseIf(second)}}); err != nil {
		log.Fatal(err)
	}

	conn, err := cli.DialContext(context.Background(), "tcp", "172.17.0.2:80")
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	accepted, err := server.Accept()
	if err != nil {
		log.Fatal(err)
	}
	defer accepted.Close()
	b := make([]byte, 100)
	for i := range 2 {
		fmt.Fprintf(conn, "segment %d", i+1)
		n, _ := accepted.Read(b)
		fmt.Printf("received %s\n", b[:n])
	}
	// Output:
	// segment 1
	// received segment 1
	// segment 2
	// segment 2
	// received segment 2
}

// A router is a machine with two uplinks that forwards.
func ExampleNewMachine() {
	inner, err := sim.NewLAN()
	if err != nil {
		log.Fatal(err)
	}
	defer inner.Close()
	outer, err := sim.NewLAN()
	if err != nil {
		log.Fatal(err)
	}
	defer outer.Close()
	router, err := sim.NewMachine(sim.WithName("router"),
		sim.WithUplink(inner, netip.MustParsePrefix("10.0.0.1/24")),
		sim.WithUplink(outer, netip.MustParsePrefix("172.16.80.1/24")))
	if err != nil {
		log.Fatal(err)
	}
	defer router.Close()

	if err := router.SetSysctl("net.ipv4.ip_forward", "1"); err != nil {
		log.Fatal(err)
	}
	forward, _ := router.Sysctl("net.ipv4.ip_forward")
	fmt.Println("ip_forward", forward)
	fmt.Println(router.Uplink(outer).Name(), router.Uplink(outer).Addr())
	fmt.Println(router.SetSysctl("net.ipv4.tcp_syncookies", "1"))
	// Output:
	// ip_forward 1
	// eth1 172.16.80.1
	// sysctl: cannot stat /proc/sys/net/ipv4/tcp_syncookies: No such file or directory
}
