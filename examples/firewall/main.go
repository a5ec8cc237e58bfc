// Firewall keeps the containers of a host apart (icc=false), lets one reach another
// by a link, publishes a third, and then forbids it to one machine of the LAN with a
// rule of its own.
//
//	go run ./examples/firewall
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, opts ...sim.MachineOption) error {
	lan, err := sim.NewLAN()
	if err != nil {
		return err
	}
	defer lan.Close()
	common := sim.WithOptions(opts...)
	host, err := sim.NewHost(common, sim.WithICC(false), sim.WithUplink(lan, netip.MustParsePrefix("172.16.80.10/24")))
	if err != nil {
		return err
	}
	defer host.Close()
	var peers []*sim.Machine
	for _, addr := range []string{"172.16.80.47", "172.16.80.48"} {
		peer, err := sim.NewMachine(common, sim.WithName(addr), sim.WithUplink(lan, netip.MustParsePrefix(addr+"/24")))
		if err != nil {
			return err
		}
		defer peer.Close()
		peers = append(peers, peer)
	}

	servers, err := start(ctx, host)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "# icc=false; nginx_server3 is linked to nginx_server2, nginx_server4 is published")
	try(ctx, out, servers[0], "172.17.0.3:80")
	try(ctx, out, servers[2], "ng2:80")
	for _, peer := range peers {
		try(ctx, out, peer, "172.16.80.10:8080")
	}

	const forbid = "-I DOCKER -s 172.16.80.47 -d 172.17.0.5 -p TCP --dport 80 -j DROP"
	if err := runIptables(out, host, forbid); err != nil {
		return err
	}
	for _, peer := range peers {
		try(ctx, out, peer, "172.16.80.10:8080")
	}
	return runIptables(out, host, "-L DOCKER -n -v")
}

// start starts the containers, each with a server that sends a line.
func start(ctx context.Context, host *sim.Host) ([]*sim.Container, error) {
	var list []*sim.Container
	for i := range 4 {
		var opts []sim.ContainerOption
		switch i {
		case 1:
			opts = append(opts, sim.WithExpose("80"))
		case 2:
			opts = append(opts, sim.WithLink(list[1], "ng2"))
		case 3:
			opts = append(opts, sim.WithPublish("8080:80"))
		}
		c, err := host.Run(fmt.Sprintf("nginx_server%d", i+1), opts...)
		if err != nil {
			return nil, err
		}
		l, err := c.Listen(ctx, "tcp", ":80")
		if err != nil {
			return nil, err
		}
		c.Go(func(context.Context) error { return serve(l, "Welcome to "+c.Name()) })
		list = append(list, c)
	}
	return list, nil
}

func serve(l net.Listener, line string) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		fmt.Fprintln(conn, line)
		conn.Close()
	}
}

// A machine is a host or a container.
type machine interface {
	Name() string
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// try connects as "nc -w 2" does.
func try(ctx context.Context, out io.Writer, from machine, address string) {
	fmt.Fprintf(out, "\n[root@%s /]# nc -w 2 %s\n", from.Name(), strings.Replace(address, ":", " ", 1))
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := from.DialContext(ctx, "tcp", address)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		fmt.Fprintln(out, "Connection timed out")
	case err != nil:
		fmt.Fprintln(out, err)
	default:
		io.Copy(out, conn)
		conn.Close()
	}
}

func runIptables(out io.Writer, host *sim.Host, command string) error {
	fmt.Fprintf(out, "\n[root@docker ~]# iptables %s\n", command)
	return iptables.Run(out, host.Firewall().IPv4(), strings.Fields(command)...)
}
