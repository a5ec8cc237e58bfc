package sim_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// sleeper is a main function that ends like a shell that traps SIGTERM.
func sleeper(ctx context.Context, _ *sim.Container) error {
	<-ctx.Done()
	return nil
}

// deaf is a main function that does not know SIGTERM, as process 1 of a namespace does
// not by default.
func deaf(_ context.Context, c *sim.Container) error {
	l, err := c.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, err = l.Accept() // until the container has no sockets any more
	return err
}

// programs are what containers run instead of the main function of their image.
var programs = map[string]func(ctx context.Context, c *sim.Container, w io.Writer) error{
	"true":      func(context.Context, *sim.Container, io.Writer) error { return nil },
	"nosuchcmd": nil, // is never started
	"hostname": func(_ context.Context, c *sim.Container, w io.Writer) error {
		_, err := fmt.Fprintln(w, c.Hostname())
		return err
	},
	"hostname -i": func(ctx context.Context, c *sim.Container, w io.Writer) error {
		addrs, err := c.LookupNetIP(ctx, "ip4", c.Hostname())
		fmt.Fprintln(w, strings.Trim(fmt.Sprint(addrs), "[]"))
		return err
	},
	"env": func(_ context.Context, c *sim.Container, w io.Writer) error {
		_, err := fmt.Fprintln(w, strings.Join(c.Env(), "\n"))
		return err
	},
	"cat /etc/hosts":                  cat("/etc/hosts"),
	"cat /etc/hosts /etc/resolv.conf": cat("/etc/hosts", "/etc/resolv.conf"),
	"sh -c exit 3":                    func(context.Context, *sim.Container, io.Writer) error { return sim.ExitStatus(3) },
	"python3 /root/srv.py 8765":       func(ctx context.Context, c *sim.Container, _ io.Writer) error { return deaf(ctx, c) },
	"sh -c hostname; cat /etc/hosts | tail -1": func(_ context.Context, c *sim.Container, w io.Writer) error {
		text, err := c.ReadFile("/etc/hosts")
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		fmt.Fprintf(w, "%s\n%s\n", c.Hostname(), lines[len(lines)-1])
		return err
	},
}

func cat(files ...string) func(context.Context, *sim.Container, io.Writer) error {
	return func(_ context.Context, c *sim.Container, w io.Writer) error {
		for _, file := range files {
			text, err := c.ReadFile(file)
			if err != nil {
				return err
			}
			w.Write(text)
		}
		return nil
	}
}

// runFlags are the options of "docker run" and "docker create".
type runFlags struct {
	detach, remove bool
	name           string
	addHosts       []string
	network        *sim.Network // nil: opts say it, if anything does
	attach         []sim.AttachOption
	opts           []sim.ContainerOption
}

func (d *dockerCLI) runFlags(f *flag.FlagSet, args []string) (r runFlags) {
	f.BoolVar(&r.detach, "d", false, "")
	f.BoolVar(&r.remove, "rm", false, "")
	f.Bool("it", false, "")
	f.StringVar(&r.name, "name", "", "")
	d.networkFlags(f, &r)
	option := func(name string, parse func(s string) sim.ContainerOption) {
		f.Func(name, "", func(s string) error {
			r.opts = append(r.opts, parse(s))
			return nil
		})
	}
	option("hostname", sim.WithHostname)
	option("e", func(s string) sim.ContainerOption { return sim.WithEnv(s) })
	option("p", func(s string) sim.ContainerOption { return sim.WithPublish(s) })
	option("expose", func(s string) sim.ContainerOption { return sim.WithExpose(s) })
	option("dns", func(s string) sim.ContainerOption { return sim.WithDNS(netip.MustParseAddr(s)) })
	option("dns-search", func(s string) sim.ContainerOption { return sim.WithDNSSearch(s) })
	option("dns-option", func(s string) sim.ContainerOption { return sim.WithDNSOption(s) })
	option("link", func(s string) sim.ContainerOption {
		name, alias, _ := strings.Cut(s, ":")
		return sim.WithLink(d.container(name), cmp.Or(alias, name))
	})
	option("add-host", func(s string) sim.ContainerOption {
		r.addHosts = append(r.addHosts, s)
		return sim.WithAddHost(s)
	})
	f.BoolFunc("P", "", func(string) error {
		r.opts = append(r.opts, sim.WithPublishAll())
		return nil
	})
	f.Parse(args)
	if r.network != nil {
		r.opts = append(r.opts, sim.WithNetwork(r.network, r.attach...))
	}
	return r
}

func (d *dockerCLI) networkFlags(f *flag.FlagSet, r *runFlags) {
	mode := func(name string) error {
		if other, ok := strings.CutPrefix(name, "container:"); ok {
			r.opts = append(r.opts, sim.WithNetworkOf(d.container(other)))
		} else if name != "default" {
			r.network = d.network(name)
		}
		return nil
	}
	f.Func("network", "", mode)
	f.Func("net", "", mode)
	f.Func("ip", "", func(s string) error {
		r.attach = append(r.attach, withAddr(s))
		return nil
	})
	f.Func("network-alias", "", func(s string) error {
		r.attach = append(r.attach, sim.WithAlias(s))
		return nil
	})
}

// run is "docker run" and "docker create".
func (d *dockerCLI) run(command string, args []string) (status int) {
	f := flag.NewFlagSet(command, flag.PanicOnError)
	r := d.runFlags(f, args)
	var printed bytes.Buffer
	c, err := d.host.Create(r.name, append(r.opts, sim.WithImage(d.image(f.Arg(0), f.Args()[1:], &printed)))...)
	switch e := new(sim.Error); {
	case errors.As(err, &e) && slices.Contains(r.addHosts, e.Name):
		d.printf("invalid argument %q for \"--add-host\" flag: %v\nSee 'docker %s --help'.", e.Name, err, command)
		return 125
	case err != nil && command == "create":
		return d.daemonError(err)
	case err != nil:
		d.printf("docker: Error response from daemon: %s.\nSee 'docker run --help'.", strings.TrimSuffix(err.Error(), "."))
		return 125
	}
	if command == "create" || r.detach {
		d.printf("%s", c.ID())
	}
	if command == "create" {
		return 0
	}
	if err := c.Start(); err != nil {
		d.printf("docker: Error response from daemon: %s.", strings.TrimSuffix(err.Error(), "."))
		return 125
	}
	if r.detach {
		return 0
	}
	status, err = c.Wait(context.Background())
	require.NoError(d.t, err)
	d.out.Write(printed.Bytes())
	if r.remove {
		require.NoError(d.t, c.Remove())
	}
	return status
}

// image returns an image with another command, if there is one.
func (d *dockerCLI) image(name string, words []string, w io.Writer) sim.Image {
	image, ok := d.images[name]
	require.True(d.t, ok, "image %s", name)
	if len(words) == 0 {
		return image
	}
	program, ok := programs[strings.Join(words, " ")]
	require.True(d.t, ok, "program %s", words)
	image.Cmd = words
	image.Main = func(ctx context.Context, c *sim.Container) error { return program(ctx, c, w) }
	return image
}
