// Why-dropped publishes a port and makes four mistakes with it, one after the other. Each time it
// asks why nothing arrives, tries it, and mends what the answer says.
//
//	go run ./examples/why-dropped
//	go run ./examples/why-dropped -report report.html
//
// The second one writes a page that shows what became of each packet.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/netip"
	"os"
	"time"

	"drydock/sim"
	"drydock/sim/report"
	"drydock/sim/tools"
)

func main() {
	file := flag.String("report", "", "write a page that shows the packets to this `file`")
	flag.Parse()
	err := run(context.Background(), os.Stdout, func(rec *report.Recorder) error {
		if *file == "" {
			return nil
		}
		f, err := os.Create(*file)
		if err != nil {
			return err
		}
		return errors.Join(rec.WriteReport(f), f.Close())
	})
	if err != nil {
		log.Fatal(err)
	}
}

// run calls show at the end, with what has happened.
func run(ctx context.Context, out io.Writer, show func(*report.Recorder) error, opts ...sim.MachineOption) (err error) {
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
	rec, err := report.Record(browser, lan, host)
	if err != nil {
		return err
	}
	defer rec.Stop()
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
		fmt.Fprintf(out, "%v\n# tried: %s\n\n", e, try(ctx, browser))
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
	return errors.Join(err, show(rec))
}

// try says how it goes in fact.
func try(ctx context.Context, browser *sim.Machine) string {
	defer time.Sleep(time.Millisecond) // until what is left has arrived
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	c, err := browser.DialContext(ctx, "tcp", "192.168.0.10:8080")
	if err != nil {
		return err.Error()
	}
	c.Close()
	return "connected"
}
