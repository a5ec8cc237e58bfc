// Shell is a prompt on an emulated host that runs Docker: docker, ping, curl, iptables and
// what else tutorials type, without privileges and without Docker.
//
//	go run ./examples/shell
//	go run ./examples/shell -c 'docker run -d -p 8080:80 nginx; curl -s localhost:8080'
//	go run ./examples/shell -docker unix:///tmp/drydock.sock
//
// With -docker it serves Docker's API besides, on a socket of the real machine that only
// its user may use, or on loopback with tcp://127.0.0.1:2375: real clients of Docker then
// drive the same host. Nothing else of the real machine is used, unless -real-uplink
// connects the host to its networks.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"drydock/sim"
	"drydock/sim/dockerd"
	"drydock/sim/images"
	"drydock/sim/tools"

	"golang.org/x/sync/errgroup"
	"golang.org/x/term"
)

func main() {
	line := flag.String("c", "", "run `COMMAND` and end")
	serve := flag.String("docker", "", "serve Docker's API at `ADDRESS`, unix:///path or tcp://127.0.0.1:port")
	release := flag.String("engine", string(sim.Docker20), "the `RELEASE` of Docker")
	uplink := flag.Bool("real-uplink", false, "connect the host to the networks of the real machine")
	flag.Parse()
	opts := []sim.HostOption{sim.WithEngine(sim.Release(*release))}
	if *uplink {
		opts = append(opts, sim.WithRealUplink())
	}
	err := run(*line, *serve, opts...)
	var status sim.ExitStatus
	switch {
	case errors.As(err, &status):
		os.Exit(int(status))
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run makes the host, and ends with its shell.
func run(line, serve string, opts ...sim.HostOption) (err error) {
	quiet := slog.New(slog.DiscardHandler) // docker says what there is to say
	host, err := sim.NewHost(append(opts, sim.WithLogger(quiet), sim.WithCommands(tools.Default()), sim.WithImages(images.All()...))...)
	if err != nil {
		return err
	}
	defer host.Close()
	// A signal ends the shell, and run puts the terminal in order and removes the socket. A second
	// one ends the program.
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, cancel)
	var api errgroup.Group
	defer func() {
		cancel()
		err = errors.Join(err, api.Wait())
	}()
	if serve != "" {
		network, address, _ := strings.Cut(serve, "://")
		l, err := dockerd.Listen(network, address)
		if err != nil {
			return err
		}
		api.Go(func() error { return dockerd.Serve(ctx, l, dockerd.Handler(host)) })
	}
	if line != "" {
		cmd := host.Exec(ctx, "bash", "-c", line)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		return cmd.Run()
	}
	return prompt(ctx, host)
}

// prompt runs bash, with a terminal if there is one.
func prompt(ctx context.Context, host *sim.Host) error {
	cmd := host.Exec(ctx, "bash")
	cmd.Env = []string{`PS1=[\u@\h \W]\$ `}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	in, out := int(os.Stdin.Fd()), int(os.Stdout.Fd())
	if !term.IsTerminal(in) || !term.IsTerminal(out) {
		return cmd.Run()
	}
	before, err := term.MakeRaw(in)
	if err != nil {
		return err
	}
	defer term.Restore(in, before)
	io.WriteString(os.Stdout, "An emulated host with Docker. Try: docker run -it --name c1 centos\r\n")
	cmd.TTY = true
	if err := cmd.Start(); err != nil {
		return err
	}
	resized := make(chan os.Signal, 1)
	notifyResize(resized)
	defer signal.Stop(resized)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		if columns, rows, err := term.GetSize(out); err == nil {
			cmd.Resize(rows, columns)
		}
		select {
		case <-resized:
		case err := <-ended:
			return err
		}
	}
}
