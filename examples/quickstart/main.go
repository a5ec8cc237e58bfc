// Quickstart runs two containers on the default bridge of an emulated Docker host:
// one pings the other by address and gets a page from the HTTP server in it. In the
// end it shows the interfaces of both, as ifconfig does.
//
//	go run ./examples/quickstart
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	"drydock/sim"
	"drydock/sim/tools"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, opts ...sim.MachineOption) error {
	host, err := sim.NewHost(sim.WithOptions(opts...))
	if err != nil {
		return err
	}
	defer host.Close()
	web, err := host.Run("web")
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

	if err := shell(ctx, out, cli, "ping -c 4 "+web.IP().String()); err != nil {
		return err
	}
	url := "http://" + web.IP().String() + "/"
	prompt(out, cli, "GET "+url)
	if err := get(out, cli.HTTPClient(), url); err != nil {
		return err
	}
	for _, c := range []*sim.Container{web, cli} {
		if err := shell(ctx, out, c, "ifconfig"); err != nil {
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
		fmt.Fprintf(w, "Hello, %s, from %s\n", r.RemoteAddr, c.Hostname())
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

// shell runs a command line in c.
func shell(ctx context.Context, out io.Writer, c *sim.Container, line string) error {
	prompt(out, c, line)
	return tools.Run(ctx, out, c, line)
}

func prompt(out io.Writer, c *sim.Container, command string) {
	fmt.Fprintf(out, "\n[root@%s /]# %s\n", c.Name(), command)
}
