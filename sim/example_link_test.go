package sim_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/netip"

	"drydock/sim"
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
