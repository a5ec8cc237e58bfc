package dockercli

import (
	"context"

	"drydock/sim"
	"drydock/sim/tools/command"

	"github.com/spf13/pflag"
)

// exec is docker exec. The command's environment is the container's with -e after it:
// of a name that stands twice the last one counts.
func (d *docker) exec(f *pflag.FlagSet) action {
	f.SetInterspersed(false)
	env := multi(f, "env", "e", "Set environment variables", nil)
	interactive := f.BoolP("interactive", "i", false, "Keep STDIN open even if not attached")
	tty := f.BoolP("tty", "t", false, "Allocate a pseudo-TTY")
	return func(args []string) int {
		if *tty {
			return d.fail(1, "the input device is not a TTY")
		}
		c, err := d.container(args[0])
		if err != nil {
			return d.fail(1, "Error: %v", err)
		}
		call := *d.Call
		call.Machine, call.Args, call.Env, call.Files, call.Dir = c, args[1:], c.Env(), nil, ""
		if !*interactive {
			call.Stdin = nil
		}
		for _, v := range *env {
			if v, ok := d.environment(v); ok {
				call.Env = append(call.Env, v)
			}
		}
		return d.execIn(c, &call)
	}
}

// execIn runs a command in a container, until that stops or docker is interrupted.
// Whether the container runs, and is not paused, the container says; only then the
// command is looked for, and Docker's status for one that is not there is 126, where
// run has 127.
//
// Docker leaves the process running when it is interrupted. Here no command outlives
// the one that started it.
func (d *docker) execIn(c *sim.Container, call *command.Call) (status int) {
	done := make(chan int, 1)
	err := c.Go(func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(d.ctx, cancel)()
		if d.Commands[call.Args[0]] == nil {
			done <- d.fail(126, "OCI runtime exec failed: exec failed: %v", errNoExecutable(call.Args[0]))
			return nil
		}
		status := d.Commands.Run(ctx, call)
		if ctx.Err() != nil && d.ctx.Err() == nil {
			status = command.Killed // with the container
		}
		done <- status
		return nil
	})
	if err != nil {
		return d.refused(err)
	}
	return <-done
}
