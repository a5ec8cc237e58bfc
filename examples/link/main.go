// Link makes a container of the default bridge, which has no names, know another one by
// an alias: in /etc/hosts, where the line follows the other one when that restarts, and
// in the environment, which does not.
//
//	go run ./examples/link
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"

	"drydock/sim"
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
	nginx := sim.Image{Name: "nginx", Env: []string{"NGINX_VERSION=1.25"}, Expose: []string{"80"}, Main: serve}
	web, err := host.Run("nginx_server", sim.WithImage(nginx))
	if err != nil {
		return err
	}
	if err := web.WaitListening(ctx, "80"); err != nil {
		return err
	}
	cli, err := host.Run("cli", sim.WithLink(web, "web"))
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "# docker run --name cli --link nginx_server:web")
	if err := show(out, cli); err != nil {
		return err
	}

	fmt.Fprintln(out, "\n# nginx_server stops, another container takes its address, nginx_server starts")
	if err := web.Stop(ctx); err != nil {
		return err
	}
	if _, err := host.Run("squatter"); err != nil {
		return err
	}
	if err := web.Start(); err != nil {
		return err
	}
	if err := web.WaitListening(ctx, "80"); err != nil {
		return err
	}
	if err := show(out, cli); err != nil {
		return err
	}

	fmt.Fprintln(out, "\n# docker restart cli")
	if err := cli.Restart(ctx); err != nil {
		return err
	}
	return show(out, cli)
}

// serve is the main function of the image: an HTTP server that ends with the container.
func serve(ctx context.Context, c *sim.Container) error {
	l, err := c.Listen(ctx, "tcp", ":80")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, _, _ := net.SplitHostPort(r.RemoteAddr)
		fmt.Fprintf(w, "Welcome to %s at %v, %s\n", c, c.IP(), client)
	})}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// show prints what c knows of its link, and uses it.
func show(out io.Writer, c *sim.Container) error {
	prompt(out, c, "cat /etc/hosts")
	hosts, err := fs.ReadFile(c.FS(), "etc/hosts")
	if err != nil {
		return err
	}
	out.Write(hosts)
	prompt(out, c, "env")
	for _, v := range c.Env() {
		fmt.Fprintln(out, v)
	}
	const url = "http://web/"
	prompt(out, c, "curl "+url)
	return get(out, c.HTTPClient(), url)
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

func prompt(out io.Writer, c *sim.Container, command string) {
	fmt.Fprintf(out, "\n[root@%s /]# %s\n", c, command)
}
