// User-network creates a network of one's own, on which containers find each other by
// name, by an alias that two of them share, and only as long as they run.
//
//	go run ./examples/user-network
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/netip"
	"os"
	"slices"

	"drydock/dnsd"
	"drydock/sim"
	"drydock/sim/tools"

	"github.com/miekg/dns"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, opts ...sim.MachineOption) error {
	host, err := sim.NewHost(sim.WithOptions(opts...), sim.WithResolvConf("nameserver 172.17.0.1\n"))
	if err != nil {
		return err
	}
	defer host.Close()
	if err := runNameserver(ctx, host); err != nil {
		return err
	}

	fmt.Fprintln(out, "[root@docker ~]# docker network create net")
	network, err := host.CreateNetwork("net")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, network.ID())
	var tests []*sim.Container
	for _, name := range []string{"test1", "test2"} {
		fmt.Fprintf(out, "\n[root@docker ~]# docker run -d --name=%s --network net --network-alias test centos\n", name)
		c, err := host.Run(name, sim.WithNetwork(network, sim.WithAlias("test")))
		if err != nil {
			return err
		}
		fmt.Fprintln(out, c.ID())
		tests = append(tests, c)
	}
	test1, test2 := tests[0], tests[1]

	if err := errors.Join(shell(ctx, out, test1, "cat /etc/resolv.conf"), ping(ctx, out, test1, "test2"), ping(ctx, out, test2, "test1")); err != nil {
		return err
	}
	if err := lookup(ctx, out, test1, "test"); err != nil {
		return err
	}

	fmt.Fprintln(out, "\n[root@docker ~]# docker stop test2\ntest2")
	if err := test2.Stop(ctx); err != nil {
		return err
	}
	if err := lookup(ctx, out, test1, "test"); err != nil {
		return err
	}
	err = ping(ctx, out, test1, "test2")
	if errors.Is(err, sim.ExitStatus(2)) {
		return nil // there is no such name any more
	}
	return err
}

// runNameserver runs the nameserver of the host, which is asked for what is no name of
// a container, and knows nothing.
func runNameserver(ctx context.Context, host *sim.Host) error {
	c, err := host.Run("nameserver", sim.WithHostNetwork())
	if err != nil {
		return err
	}
	conn, err := c.ListenPacket(ctx, "udp", "172.17.0.1:53")
	if err != nil {
		return err
	}
	unknown := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeNameError))
	})
	return c.Go(func(ctx context.Context) error { return dnsd.Serve(ctx, unknown, conn, nil) })
}

func ping(ctx context.Context, out io.Writer, c *sim.Container, name string) error {
	return shell(ctx, out, c, "ping -c 2 "+name)
}

// lookup prints the addresses of a name in their order: they are answered in any.
func lookup(ctx context.Context, out io.Writer, c *sim.Container, name string) error {
	prompt(out, c, "host "+name+" | sort")
	addrs, err := c.LookupNetIP(ctx, "ip4", name)
	slices.SortFunc(addrs, netip.Addr.Compare)
	for _, addr := range addrs {
		fmt.Fprintln(out, name, "has address", addr)
	}
	return err
}

// shell runs a command line in c.
func shell(ctx context.Context, out io.Writer, c *sim.Container, line string) error {
	prompt(out, c, line)
	return tools.Run(ctx, out, c, line)
}

func prompt(out io.Writer, c *sim.Container, command string) {
	fmt.Fprintf(out, "\n[root@%s /]# %s\n", c, command)
}
