package dnsd_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/miekg/dns"

	"drydock/dnsd"
)

// Two containers share a network, and one looks the other up. Here the resolver is on
// a socket of the machine; in a container it is on one of the container's.
func Example() {
	zone := dnsd.NewZone("app")
	db := dnsd.Host{Name: "db", Aliases: []string{"postgres"}, Addrs: []netip.Addr{netip.MustParseAddr("172.18.0.2")}}
	if err := zone.Set("id of db", db); err != nil {
		panic(err)
	}
	resolver, err := dnsd.New()
	if err != nil {
		panic(err)
	}
	resolver.SetScopes(dnsd.Scope{Zone: zone})
	client, stop := start(resolver)
	defer stop()
	fmt.Print(client.Conf)
	fmt.Println(client.LookupNetIP(context.Background(), "ip", "postgres"))
	fmt.Println(client.LookupAddr(context.Background(), "172.18.0.2"))
	// Output:
	// nameserver 127.0.0.11
	// options ndots:0
	// [172.18.0.2] <nil>
	// [db.app] <nil>
}

// One name resolves to the wrong machine, and another does not resolve.
func ExampleFaults() {
	faults, err := dnsd.NewFaults(1,
		dnsd.Fault{Name: "db", Rate: 1, Action: dnsd.Lie, Addr: netip.MustParseAddr("203.0.113.66")},
		dnsd.Fault{Name: "api.*", Rate: 1, Action: dnsd.ServFail})
	if err != nil {
		panic(err)
	}
	resolver, err := dnsd.New()
	if err != nil {
		panic(err)
	}
	client, stop := start(faults.Wrap(resolver))
	defer stop()
	fmt.Println(client.LookupNetIP(context.Background(), "ip4", "db"))
	_, err = client.LookupNetIP(context.Background(), "ip4", "api.example.com")
	fmt.Println(err)
	// Output:
	// [203.0.113.66] <nil>
	// lookup api.example.com on 127.0.0.11:53: Temporary failure in name resolution
}

// start serves h until stop is called, and returns a client of it.
func start(h dns.Handler) (client *dnsd.Client, stop func()) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- dnsd.Serve(ctx, h, pc, nil) }()
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, pc.LocalAddr().String())
	}
	client = &dnsd.Client{Conf: dnsd.ParseResolvConf("nameserver 127.0.0.11\noptions ndots:0\n"), Dial: dial}
	return client, func() {
		cancel()
		if err := <-served; err != nil {
			panic(err)
		}
	}
}
