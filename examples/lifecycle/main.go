// Lifecycle makes containers from images, whose main functions give them their exit
// status, and shows what docker ps prints: while they run, are paused, renamed and
// killed, and when they are through.
//
//	go run ./examples/lifecycle
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	"drydock/sim"
	"drydock/sim/tools"
)

var (
	nginx = sim.Image{Name: "nginx", Cmd: []string{"nginx", "-g", "daemon off;"}, Expose: []string{"80"}, Main: serve}
	job   = sim.Image{Name: "job", Cmd: []string{"false"}, Main: fail}
	sleep = sim.Image{Name: "centos", Cmd: []string{"sleep", "infinity"}}
)

// serve answers requests until the container stops.
func serve(ctx context.Context, c *sim.Container) error {
	l, err := c.Listen(ctx, "tcp", ":80")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.NotFoundHandler()}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func fail(context.Context, *sim.Container) error { return sim.ExitStatus(3) }

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
	web, err := host.Run("web", sim.WithImage(nginx), sim.WithPublish("8080:80"))
	if err != nil {
		return err
	}
	failing, err := host.Run("failing", sim.WithImage(job))
	if err != nil {
		return err
	}
	db, err := host.Run("db", sim.WithImage(sleep))
	if err != nil {
		return err
	}
	if _, err := host.Create("spare", sim.WithImage(sleep)); err != nil {
		return err
	}
	if err := web.WaitListening(ctx, "80"); err != nil {
		return err
	}
	status, err := failing.Wait(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "[root@docker ~]# docker wait failing\n%d\n", status)
	if err := ps(out, host); err != nil {
		return err
	}

	for _, step := range []struct {
		command, echo string
		do            func() error
	}{
		{"docker pause web", "web\n", web.Pause},
		{"docker rename db database", "", func() error { return db.Rename("database") }},
		{"docker rm failing", "failing\n", failing.Remove},
		{"docker kill database", "database\n", db.Kill},
	} {
		if err := step.do(); err != nil {
			return err
		}
		fmt.Fprintf(out, "\n[root@docker ~]# %s\n%s", step.command, step.echo)
	}
	if err := ps(out, host); err != nil {
		return err
	}

	if err := web.Stop(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, "\n[root@docker ~]# docker stop web\nweb")
	return ps(out, host)
}

func ps(out io.Writer, host *sim.Host) error {
	fmt.Fprintln(out, "\n[root@docker ~]# docker ps -a")
	return tools.Docker(out, host, "ps", "-a")
}
