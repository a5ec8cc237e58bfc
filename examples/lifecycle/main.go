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
	if _, err := host.Run("failing", sim.WithImage(job)); err != nil {
		return err
	}
	if _, err := host.Run("db", sim.WithImage(sleep)); err != nil {
		return err
	}
	if _, err := host.Create("spare", sim.WithImage(sleep)); err != nil {
		return err
	}
	if err := web.WaitListening(ctx, "80"); err != nil {
		return err
	}
	for i, line := range []string{
		"docker wait failing", "docker ps -a",
		"docker pause web", "docker rename db database", "docker rm failing", "docker kill database", "docker ps -a",
		"docker stop web", "docker ps -a",
	} {
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintln(out, "[root@docker ~]# "+line)
		if err := tools.Run(ctx, out, host, line); err != nil {
			return err
		}
	}
	return nil
}
