package dockercli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"drydock/sim"

	"github.com/spf13/pflag"
)

// each does something with each of the names and prints those. What went wrong with some follows
// in the end: docker joins the errors.
func (d *docker) each(names []string, do func(name string) error) (status int) {
	var problems []string
	for _, name := range names {
		if err := do(name); err != nil {
			problems = append(problems, "Error response from daemon: "+err.Error())
			continue
		}
		d.Printf("%s\n", name)
	}
	if len(problems) > 0 {
		return d.fail(1, "%s", strings.Join(problems, "\n"))
	}
	return 0
}

// with returns do for the container of a name.
func (d *docker) with(do func(c *sim.Container) error) func(name string) error {
	return func(name string) error {
		c, err := d.container(name)
		if err != nil {
			return err
		}
		return do(c)
	}
}

func (d *docker) pause(*pflag.FlagSet) action {
	return func(names []string) int { return d.each(names, d.with((*sim.Container).Pause)) }
}

func (d *docker) unpause(*pflag.FlagSet) action {
	return func(names []string) int { return d.each(names, d.with((*sim.Container).Unpause)) }
}

// start is docker start, which tells of failures at once and once more in the end.
func (d *docker) start(*pflag.FlagSet) action {
	return func(names []string) int {
		var failed []string
		for _, name := range names {
			c, err := d.container(name)
			if err == nil {
				err = c.Start()
			}
			if err != nil {
				d.refused(err)
				failed = append(failed, name)
				continue
			}
			d.Printf("%s\n", name)
		}
		if len(failed) > 0 {
			return d.fail(1, "Error: failed to start containers: %s", strings.Join(failed, ", "))
		}
		return 0
	}
}

func (d *docker) stop(f *pflag.FlagSet) action {
	seconds := f.IntP("time", "t", 10, "Seconds to wait for stop before killing it")
	return func(names []string) int { return d.each(names, d.with(d.within(seconds, (*sim.Container).Stop))) }
}

func (d *docker) restart(f *pflag.FlagSet) action {
	seconds := f.IntP("time", "t", 10, "Seconds to wait for stop before killing the container")
	return func(names []string) int { return d.each(names, d.with(d.within(seconds, (*sim.Container).Restart))) }
}

// within gives do a context that ends after so many seconds. With less than 0 it lasts as long as
// the command.
func (d *docker) within(seconds *int, do func(*sim.Container, context.Context) error) func(*sim.Container) error {
	return func(c *sim.Container) error {
		ctx := d.ctx
		if *seconds >= 0 {
			const most = 1 << 32 // beyond that a time.Duration may overflow
			var cancel func()
			ctx, cancel = context.WithTimeout(ctx, time.Duration(min(*seconds, most))*time.Second)
			defer cancel()
		}
		return do(c, ctx)
	}
}

func (d *docker) kill(*pflag.FlagSet) action {
	return func(names []string) int {
		return d.each(names, func(name string) error {
			c, err := d.container(name)
			if err != nil {
				return fmt.Errorf("Cannot kill container: %s: %w", name, err)
			}
			return c.Kill()
		})
	}
}

func (d *docker) rename(*pflag.FlagSet) action {
	return func(names []string) int {
		if names[0] == "" || names[1] == "" {
			return d.fail(1, "Error: Neither old nor new names may be empty")
		}
		c, err := d.container(names[0])
		if err == nil {
			err = c.Rename(names[1])
		}
		if err != nil {
			d.refused(err)
			return d.fail(1, "Error: failed to rename container named %s", names[0])
		}
		return 0
	}
}

// remove is docker rm. With -f it is no failure that there is no such container.
func (d *docker) remove(f *pflag.FlagSet) action {
	force := f.BoolP("force", "f", false, "Force the removal of a running container (uses SIGKILL)")
	return func(names []string) int {
		status := 0
		for _, name := range names {
			c, err := d.container(name)
			if err != nil {
				d.Errorf("Error: %v\n", err)
				if !*force {
					status = 1
				}
				continue
			}
			if *force {
				err = c.ForceRemove()
			} else {
				err = c.Remove()
			}
			if err != nil {
				status = d.refused(err)
				continue
			}
			d.Printf("%s\n", name)
		}
		return status
	}
}

// waitFor is docker wait, which prints statuses and no names.
func (d *docker) waitFor(*pflag.FlagSet) action {
	return func(names []string) int {
		status := 0
		for _, name := range names {
			c, err := d.container(name)
			code := 0
			if err == nil {
				code, err = c.Wait(d.ctx)
			}
			if err != nil {
				status = d.refused(err)
				continue
			}
			d.Printf("%d\n", code)
		}
		return status
	}
}

// errNoExecutable is that of a command that is not in the table, in the words of runc.
func errNoExecutable(name string) error {
	if strings.Contains(name, "/") {
		return errors.New(`unable to start container process: exec: "` + name + `": stat ` + name + `: no such file or directory: unknown`)
	}
	return errors.New(`unable to start container process: exec: "` + name + `": executable file not found in $PATH: unknown`)
}
