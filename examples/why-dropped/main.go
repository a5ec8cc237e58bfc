// Why-dropped publishes a port and makes five mistakes with it, one after the other. Each time it
// asks why nothing arrives, and mends what the answer says.
//
//	go run ./examples/why-dropped
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/netip"
	"os"

	"drydock/sim"
	"drydock/sim/tools"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, opts ...sim.MachineOption) (err error) {
	lan, err := sim.NewLAN()
	if err != nil {
		return err
	}
	defer lan.Close()
	host, err := sim.NewHost(sim.WithOptions(opts...), sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.10/24")))
	if err != nil {
		return err
	}
	defer host.Close()
	browser, err := sim.NewMachine(append(opts, sim.WithName("browser"), sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.47/24")))...)
	if err != nil {
		return err
	}
	defer browser.Close()
	web, err := host.Run("web", sim.WithPublish("8080:80"))
	if err != nil {
		return err
	}
	local, err := web.Listen(ctx, "tcp", "127.0.0.1:80")
	if err != nil {
		return err
	}

	explain := func(comment string) {
		fmt.Fprintf(out, "# %s\n", comment)
		e, failed := browser.Explain("tcp", "192.168.0.10:8080")
		err = errors.Join(err, failed)
		fmt.Fprintln(out, e)
	}
	iptables := func(line string) {
		fmt.Fprintf(out, "[root@docker ~]# %s\n", line)
		err = errors.Join(err, tools.Run(ctx, out, host, line))
	}

	explain("the server listens on the loopback interface of its container")
	local.Close()
	if _, err := web.Listen(ctx, "tcp", ":80"); err != nil {
		return err
	}
	iptables("iptables -I DOCKER-USER -i eth0 -j DROP")
	iptables("iptables -I DOCKER-USER -i eth0 -p tcp --dport 8080 -j RETURN")
	explain("the exception names the published port, which the packet no longer has")
	iptables("iptables -D DOCKER-USER 1")
	iptables("iptables -I DOCKER-USER -i eth0 -p tcp --dport 80 -j RETURN")
	iptables("iptables -I DOCKER-USER -o eth0 -s 172.17.0.0/16 -j DROP")
	explain("containers are kept from the LAN, their answers too")
	iptables("iptables -I DOCKER-USER -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN")
	docker0, _ := host.Network("bridge")
	if err := web.Link(docker0).SetCarrier(false); err != nil {
		return err
	}
	explain("the cable is out")
	if err := web.Link(docker0).SetCarrier(true); err != nil {
		return err
	}
	explain("and this is how it should be")
	return err
}
