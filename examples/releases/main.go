// Releases does the same on a host with Docker 20.10 and on one with Docker 29, and prints what
// comes of it: a peer with a route reached a port that nobody has published, and does not any more;
// MACs are random, links have no variables, the first network to be given back is given again.
//
//	go run ./examples/releases
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/netip"
	"os"
	"strings"

	"drydock/nat/iptables"
	"drydock/sim"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, opts ...sim.MachineOption) error {
	for _, release := range []sim.Release{sim.Docker20, sim.Docker29} {
		if err := show(ctx, out, release, opts...); err != nil {
			return err
		}
	}
	return nil
}

// show prints what one release does.
func show(ctx context.Context, out io.Writer, release sim.Release, opts ...sim.MachineOption) error {
	lan, err := sim.NewLAN()
	if err != nil {
		return err
	}
	defer lan.Close()
	host, err := sim.NewHost(sim.WithOptions(opts...), sim.WithEngine(release), sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.10/24")))
	if err != nil {
		return err
	}
	defer host.Close()
	peer, err := sim.NewMachine(append(opts, sim.WithName("peer"), sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.47/24")))...)
	if err != nil {
		return err
	}
	defer peer.Close()
	if err := peer.AddRoute(netip.MustParsePrefix("172.16.0.0/12"), netip.MustParseAddr("192.168.0.10")); err != nil {
		return err
	}

	fmt.Fprintf(out, "Docker %s\n", host.Engine().Version)
	db, err := host.Run("db", sim.WithExpose("5432"), sim.WithPublish("8080:80"))
	if err != nil {
		return err
	}
	web, err := host.Run("web", sim.WithLink(db, "db"))
	if err != nil {
		return err
	}
	if err := showPorts(ctx, out, host, peer, db); err != nil {
		return err
	}
	fmt.Fprintf(out, "  MAC of the address    %v\n", strings.HasPrefix(db.MAC().String(), "02:42:ac:11"))
	variables := 0
	for _, v := range web.Env() {
		if strings.HasPrefix(v, "DB_") {
			variables++
		}
	}
	fmt.Fprintf(out, "  variables of a link   %d\n", variables)
	return showNetworks(out, host)
}

// showPorts prints which ports of a container a machine beside the host reaches.
func showPorts(ctx context.Context, out io.Writer, host *sim.Host, peer *sim.Machine, db *sim.Container) error {
	// A host that forwards since before dockerd started does not drop what it does not know.
	if err := iptables.Run(out, host.Firewall().IPv4(), "-P", "FORWARD", "ACCEPT"); err != nil {
		return err
	}
	for _, port := range []string{"80", "5432"} {
		l, err := db.Listen(ctx, "tcp", ":"+port)
		if err != nil {
			return err
		}
		defer l.Close()
	}
	for _, to := range []string{"192.168.0.10:8080", db.IP().String() + ":80", db.IP().String() + ":5432"} {
		e, err := peer.Explain("tcp", to)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  to %-18s %v\n", to, e.Verdict)
	}
	return nil
}

// showNetworks prints what networks are given, and whether a container can be on two from the
// beginning.
func showNetworks(out io.Writer, host *sim.Host) error {
	first, err := host.CreateNetwork("first")
	if err != nil {
		return err
	}
	was := first.Subnets()[0]
	if err := first.Remove(); err != nil {
		return err
	}
	a, err := host.CreateNetwork("a")
	if err != nil {
		return err
	}
	b, err := host.CreateNetwork("b")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  after %-15v %v\n", was, a.Subnets()[0])
	c, err := host.Run("both", sim.WithNetwork(b), sim.WithNetwork(a, sim.WithGatewayPriority(1)))
	if err != nil {
		fmt.Fprintf(out, "  on two networks       %v\n\n", err)
		return nil
	}
	fmt.Fprintf(out, "  on two networks       %v\n\n", c.Networks())
	return nil
}
