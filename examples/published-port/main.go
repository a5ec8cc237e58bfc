// Published-port runs a web server in a container, publishes its port on the host,
// and visits it from another machine on the LAN, from the host and from another
// container. The server tells each as whom it sees him.
//
//	go run ./examples/published-port
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"

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
	host, err := sim.NewHost(common, sim.WithUplink(lan, netip.MustParsePrefix("192.168.88.2/24")))
	if err != nil {
		return err
	}
	defer host.Close()
	peer, err := sim.NewMachine(common, sim.WithName("peer"), sim.WithUplink(lan, netip.MustParsePrefix("192.168.88.47/24")))
	if err != nil {
		return err
	}
	defer peer.Close()

	web, err := host.Run("web", sim.WithPublish("8080:80"))
	if err != nil {
		return err
	}
	cli, err := host.Run("cli")
	if err != nil {
		return err
	}
	if err := serve(ctx, web); err != nil {
		return err
	}

	fmt.Fprintln(out, "[root@docker ~]# docker port web")
	for _, p := range web.Ports() {
		fmt.Fprintln(out, p)
	}
	for _, visit := range []struct {
		from   string
		client *http.Client
		url    string
	}{
		{"root@peer ~", peer.HTTPClient(), "http://192.168.88.2:8080/"},
		{"root@docker ~", host.HTTPClient(), "http://127.0.0.1:8080/"},
		{"root@docker ~", host.HTTPClient(), "http://192.168.88.2:8080/"},
		{"root@cli /", cli.HTTPClient(), "http://172.17.0.1:8080/"},
		{"root@cli /", cli.HTTPClient(), "http://172.17.0.2/"},
	} {
		fmt.Fprintf(out, "\n[%s]# curl %s\n", visit.from, visit.url)
		if err := get(out, visit.client, visit.url); err != nil {
			return err
		}
	}
	for _, command := range [][]string{{"-L", "DOCKER", "-n"}, {"-t", "nat", "-S"}} {
		fmt.Fprintf(out, "\n[root@docker ~]# iptables")
		for _, arg := range command {
			fmt.Fprint(out, " ", arg)
		}
		fmt.Fprintln(out)
		if err := iptables.Run(out, host.Firewall().IPv4(), command...); err != nil {
			return err
		}
	}
	return nil
}

// serve starts an HTTP server in c, which ends with c.
func serve(ctx context.Context, c *sim.Container) error {
	l, err := c.Listen(ctx, "tcp", ":80")
	if err != nil {
		return err
	}
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, _, _ := net.SplitHostPort(r.RemoteAddr)
		fmt.Fprintf(w, "%s sees %s\n", c.Name(), client)
	})
	return c.Go(func(context.Context) error { return http.Serve(l, hello) })
}

func get(out io.Writer, client *http.Client, url string) error {
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(out, resp.Body)
	return err
}
