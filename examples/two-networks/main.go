// Two-networks connects a running container to a second network: it reaches the
// containers of both, which do not reach each other. Then it leaves the first one.
//
//	go run ./examples/two-networks
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
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
	front, err := host.CreateNetwork("front")
	if err != nil {
		return err
	}
	back, err := host.CreateNetwork("back")
	if err != nil {
		return err
	}
	containers := make(map[string]*sim.Container)
	for _, c := range []struct {
		name    string
		network *sim.Network
	}{{"web", front}, {"db", back}, {"app", front}} {
		if containers[c.name], err = host.Run(c.name, sim.WithNetwork(c.network)); err != nil {
			return err
		}
	}
	web, db, app := containers["web"], containers["db"], containers["app"]

	if err := show(ctx, out, app); err != nil {
		return err
	}
	fmt.Fprintln(out, "\n[root@docker ~]# docker network connect back app")
	if err := app.Connect(back); err != nil {
		return err
	}
	if err := show(ctx, out, app); err != nil {
		return err
	}
	for _, p := range []struct {
		from *sim.Container
		to   string
	}{
		{app, "web"},
		{app, "db"},
		{db, "app"},
		{web, db.IP().String()},
	} {
		if err := ping(ctx, out, p.from, p.to); err != nil {
			return err
		}
	}

	fmt.Fprintln(out, "\n[root@docker ~]# docker network disconnect front app")
	if err := app.Disconnect(front); err != nil {
		return err
	}
	if err := show(ctx, out, app); err != nil {
		return err
	}
	for _, to := range []string{"db", web.IP().String()} {
		if err := ping(ctx, out, app, to); err != nil {
			return err
		}
	}
	return nil
}

// show prints the interfaces and routes of c.
func show(ctx context.Context, out io.Writer, c *sim.Container) error {
	return errors.Join(shell(ctx, out, c, "ip addr"), shell(ctx, out, c, "ip route"))
}

// ping sends one request and waits for a second. No reply is no error here.
func ping(ctx context.Context, out io.Writer, c *sim.Container, to string) error {
	err := shell(ctx, out, c, "ping -c 1 -W 1 "+to)
	if errors.Is(err, sim.ExitStatus(1)) {
		return nil
	}
	return err
}

// shell runs a command line in c.
func shell(ctx context.Context, out io.Writer, c *sim.Container, line string) error {
	fmt.Fprintf(out, "\n[root@%s /]# %s\n", c, line)
	return tools.Run(ctx, out, c, line)
}
