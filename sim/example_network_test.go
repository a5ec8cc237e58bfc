package sim_test

import (
	"context"
	"fmt"
	"net/netip"

	"drydock/dnsd"
	"drydock/sim"

	"github.com/miekg/dns"
)

// On a network of one's own containers know each other by name.
func ExampleHost_CreateNetwork() {
	host, err := sim.NewHost()
	if err != nil {
		panic(err)
	}
	defer host.Close()
	app, err := host.CreateNetwork("app", sim.WithSubnet(netip.MustParsePrefix("10.5.0.0/24")), sim.WithInternal())
	if err != nil {
		panic(err)
	}
	host.Run("db", sim.WithNetwork(app, sim.WithAlias("sql"), sim.WithAddr(netip.MustParseAddr("10.5.0.50"))))
	web, err := host.Run("web", sim.WithNetwork(app))
	if err != nil {
		panic(err)
	}
	addrs, err := web.LookupNetIP(context.Background(), "ip", "sql")
	fmt.Println(web.IP(), addrs, err)
	// Output: 10.5.0.2 [10.5.0.50] <nil>
}

// Containers have IPv6 on networks with a subnet of it.
func ExampleWithSubnet() {
	host, err := sim.NewHost()
	if err != nil {
		panic(err)
	}
	defer host.Close()
	app, err := host.CreateNetwork("app", sim.WithSubnet(netip.MustParsePrefix("fd00:5::/64")))
	if err != nil {
		panic(err)
	}
	web, err := host.Run("web", sim.WithNetwork(app))
	if err != nil {
		panic(err)
	}
	fmt.Println(web.Link(app).Addr(), web.Link(app).Addr6())
	// Output: 172.18.0.2 fd00:5::2
}

// A running container joins a further network and leaves one.
func ExampleContainer_Connect() {
	host, err := sim.NewHost()
	if err != nil {
		panic(err)
	}
	defer host.Close()
	front, err := host.CreateNetwork("front")
	if err != nil {
		panic(err)
	}
	web, err := host.Run("web") // on docker0
	if err != nil {
		panic(err)
	}
	bridge, _ := host.Network("bridge")
	if err := web.Connect(front, sim.WithAlias("www")); err != nil {
		panic(err)
	}
	fmt.Println(web.Link(bridge).Addr(), web.Link(front).Addr(), web.Link(front).Name())
	if err := web.Disconnect(bridge); err != nil {
		panic(err)
	}
	fmt.Println(web.Networks())
	// Output:
	// 172.17.0.2 172.18.0.2 eth1
	// [front]
}

// Faults come between the containers and their resolver.
func ExampleWithResolver() {
	faults, err := dnsd.NewFaults(1, dnsd.Fault{Name: "db", Rate: 1, Action: dnsd.NXDomain})
	if err != nil {
		panic(err)
	}
	host, err := sim.NewHost(sim.WithResolver(func(h dns.Handler) dns.Handler { return faults.Wrap(h) }))
	if err != nil {
		panic(err)
	}
	defer host.Close()
	app, err := host.CreateNetwork("app")
	if err != nil {
		panic(err)
	}
	host.Run("db", sim.WithNetwork(app))
	web, err := host.Run("web", sim.WithNetwork(app))
	if err != nil {
		panic(err)
	}
	_, err = web.LookupNetIP(context.Background(), "ip", "db")
	fmt.Println(err)
	// Output: lookup db on 127.0.0.11:53: no such host
}
