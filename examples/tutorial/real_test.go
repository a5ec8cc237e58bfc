package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"drydock/sim"
	"drydock/sim/dockerd"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// TestTutorialsByDocker plays the tutorials with Debian's own docker command, which drives the
// same host over a Unix socket. With a host of 1.13 it speaks API 1.26. Time is real, so they
// are played beside each other: most of it passes in ping.
func TestTutorialsByDocker(t *testing.T) {
	docker := "/usr/bin/docker" // where Debian has it, whatever else is in $PATH
	version, err := exec.Command(docker, "--version").Output()
	if err != nil || !bytes.HasPrefix(version, []byte("Docker version 20.10.")) {
		t.Skip("needs docker 20.10 of Debian 12's docker.io: no daemon, but its client")
	}
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file, err := extract(dir, name)
			require.NoError(t, err)
			var shown display
			real := &realDocker{docker: docker, socket: filepath.Join(dir, "s")}
			p := &player{out: &shown, docker: real.run, opts: []sim.MachineOption{sim.WithSeed(1)}}
			err = runScript(p.params(file))
			real.close()
			require.NoError(t, err, "%s", &shown)
		})
	}
}

// A realDocker is a command of an emulated host which is a program of the real machine, with
// the host's API on a socket.
type realDocker struct {
	docker string
	socket string
	host   *sim.Host // whose API is served
	stop   context.CancelFunc
	served chan error
}

// serve serves the API of the host that docker is typed on.
func (d *realDocker) serve(h *sim.Host) error {
	if d.host == h {
		return nil
	}
	d.close()
	l, err := dockerd.Listen("unix", d.socket)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	d.host, d.stop, d.served = h, stop, make(chan error, 1)
	go func() { d.served <- dockerd.Serve(ctx, l, dockerd.Handler(h)) }()
	return nil
}

func (d *realDocker) close() {
	if d.host != nil {
		d.stop()
		<-d.served
		d.host = nil
	}
}

func (d *realDocker) run(ctx context.Context, c *command.Call) int {
	if err := d.serve(c.Machine.(*sim.Host)); err != nil {
		return c.Fail(125, "%v\n", err)
	}
	cmd := exec.CommandContext(ctx, d.docker, c.Args[1:]...)
	cmd.Env = append(os.Environ(), "DOCKER_HOST=unix://"+d.socket, "DOCKER_CONFIG="+filepath.Dir(d.socket))
	t := command.TerminalOf(c.Stdin)
	if t == nil {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, c.Stdout, c.Stderr
		return status(cmd.Run())
	}
	defer t.SetRaw(t.SetRaw(true))
	rows, columns := t.Size()
	terminal, err := startInTerminal(cmd, rows, columns)
	if err != nil {
		return c.Fail(125, "%v\n", err)
	}
	defer terminal.Close()
	ended, stop := context.WithCancel(ctx)
	var typing sync.WaitGroup
	defer typing.Wait() // who still reads would take the first key of the next command
	defer stop()
	typing.Go(func() {
		b := make([]byte, 1)
		for {
			if n, err := c.Stdin.(command.ContextReader).ReadContext(ended, b); err != nil || n == 0 {
				return
			}
			terminal.Write(b)
		}
	})
	io.Copy(c.Stdout, terminal) // EIO once docker has gone
	return status(cmd.Wait())
}

func status(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		return 125
	}
	return 0
}
