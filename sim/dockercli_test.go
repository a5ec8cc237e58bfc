package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"drydock/sim"
	"drydock/sim/tools"

	"github.com/stretchr/testify/require"
)

// A dockerCLI is a shell that has the docker command, for a host instead of a daemon. It
// knows what the recordings need.
type dockerCLI struct {
	t      require.TestingT
	host   *sim.Host
	images map[string]sim.Image
	out    bytes.Buffer // of the command that runs
}

var (
	forLoop = regexp.MustCompile(`^for n in \$\((docker .*) \| sort\); do (docker .*); done$`)
	xargs   = regexp.MustCompile(`^(docker .*) \| xargs (docker .*) >/dev/null$`)
	// filters are what the output of commands goes through.
	filters = map[string]func(string) string{
		"":                                func(s string) string { return s },
		"$J":                              indent,
		"python3 -m json.tool":            indent,
		"python3 -m json.tool --indent 4": indent,
		"sort": func(s string) string {
			lines := slices.Collect(strings.Lines(s))
			slices.Sort(lines)
			return strings.Join(lines, "")
		},
		"tail -3": func(s string) string {
			lines := slices.Collect(strings.Lines(s))
			return strings.Join(lines[max(0, len(lines)-3):], "")
		},
	}
)

func indent(s string) string {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(strings.TrimSpace(s)), "", "    "); err != nil {
		return s
	}
	return b.String() + "\n"
}

// sh returns what command lines print, with "(exit status N)" if the last one's is not 0.
func (d *dockerCLI) sh(line string) string {
	if m := forLoop.FindStringSubmatch(line); m != nil {
		var out string
		for _, name := range slices.Sorted(slices.Values(strings.Fields(d.sh(m[1])))) {
			out += d.sh(strings.ReplaceAll(m[2], "$n", name))
		}
		return out
	}
	if m := xargs.FindStringSubmatch(line); m != nil {
		d.sh(m[2] + " " + strings.Join(strings.Fields(d.sh(m[1])), " "))
		return ""
	}
	var out string
	status := 0
	for _, words := range splitCommands(line) {
		var printed string
		printed, status = d.pipeline(words)
		out += printed
	}
	if status != 0 {
		out += fmt.Sprintf("(exit status %d)\n", status)
	}
	return out
}

// pipeline runs a command and what its output goes through.
func (d *dockerCLI) pipeline(words []string) (out string, status int) {
	filter := ""
	if i := slices.Index(words, "|"); i >= 0 {
		words, filter = words[:i], strings.Join(words[i+1:], " ")
	}
	quiet := words[len(words)-1] == ">/dev/null"
	if quiet {
		words = words[:len(words)-1]
	}
	if words[0] == "sleep" {
		seconds, err := strconv.ParseFloat(words[1], 64)
		require.NoError(d.t, err)
		time.Sleep(time.Duration(seconds * float64(time.Second)))
		return "", 0
	}
	require.Equal(d.t, "docker", words[0])
	d.out.Reset()
	status = d.docker(words[1:])
	apply, ok := filters[filter]
	require.True(d.t, ok, filter)
	switch {
	case quiet:
		return "", status
	case filter != "":
		status = 0
	}
	return apply(d.out.String()), status
}

var word = regexp.MustCompile(`;|('[^']*'|"(\\.|[^"\\])*"|[^'" ;])+`)

// splitCommands splits a line into commands and those into words.
func splitCommands(line string) (commands [][]string) {
	var words []string
	for _, w := range word.FindAllString(line, -1) {
		if w == ";" {
			commands, words = append(commands, words), nil
			continue
		}
		words = append(words, unquote(w))
	}
	return append(commands, words)
}

func unquote(w string) string {
	if strings.Contains(w, "'") {
		return strings.ReplaceAll(w, "'", "")
	}
	return strings.NewReplacer(`\"`, `"`, `\$`, "$", `"`, "").Replace(w)
}

func (d *dockerCLI) printf(format string, args ...any) { fmt.Fprintf(&d.out, format+"\n", args...) }

func (d *dockerCLI) docker(words []string) (status int) {
	if slices.Contains(shown, words[0]) || len(words) > 1 && slices.Contains(shown, words[0]+" "+words[1]) {
		return d.show(words)
	}
	if n := words[0]; n == "network" || n == "container" {
		words = append([]string{n + " " + words[1]}, words[2:]...)
	}
	switch command, args := words[0], words[1:]; command {
	case "run", "create":
		return d.run(command, args)
	case "exec":
		return d.daemonError(d.exec(d.container(args[0]), args[1:]))
	case "rename":
		if status := d.daemonError(d.container(args[0]).Rename(args[1])); status != 0 {
			d.printf("Error: failed to rename container named %s", args[0])
			return status
		}
	case "network create":
		return d.createNetwork(args)
	case "network rm":
		return d.each(args, func(name string) error { return d.network(name).Remove() })
	case "network connect", "network disconnect":
		return d.connect(command, args)
	default:
		return d.change(command, args)
	}
	return 0
}

// shown are the commands that package tools has.
var shown = []string{
	"ps", "port", "inspect", "container ls", "container port", "container inspect", "network ls", "network inspect",
}

func (d *dockerCLI) show(words []string) (status int) {
	err := tools.Docker(&d.out, d.host, words...)
	if exit := new(tools.ExitError); errors.As(err, &exit) {
		return exit.Code
	}
	require.NoError(d.t, err)
	return 0
}

// daemonError prints the error of the daemon, if there is one.
func (d *dockerCLI) daemonError(err error) (status int) {
	if err == nil {
		return 0
	}
	d.printf("Error response from daemon: %v", err)
	return 1
}

// each does something with each container or network and prints its name.
func (d *dockerCLI) each(names []string, do func(name string) error) (status int) {
	for _, name := range names {
		if err := do(name); err != nil {
			status = d.daemonError(err)
		} else {
			d.printf("%s", name)
		}
	}
	return status
}

// change is the commands that change the state of containers.
func (d *dockerCLI) change(command string, args []string) (status int) {
	f := flag.NewFlagSet(command, flag.PanicOnError)
	seconds := f.Int("t", 10, "")
	force := f.Bool("f", false, "")
	f.Parse(args)
	var failed []string
	status = d.each(f.Args(), func(name string) error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(*seconds)*time.Second)
		defer cancel()
		c := d.container(name)
		do, ok := map[string]func() error{
			"start": c.Start, "kill": c.Kill, "pause": c.Pause, "unpause": c.Unpause, "rm": c.Remove,
			"stop":    func() error { return c.Stop(ctx) },
			"restart": func() error { return c.Restart(ctx) },
		}[command]
		require.True(d.t, ok, "docker %s", command)
		if *force {
			do = c.ForceRemove
		}
		err := do()
		if err != nil {
			failed = append(failed, name)
		}
		return err
	})
	if command == "start" && status != 0 {
		d.printf("Error: failed to start containers: %s", strings.Join(failed, ", "))
	}
	return status
}

func (d *dockerCLI) container(name string) *sim.Container {
	c, ok := d.host.Container(name)
	require.True(d.t, ok, "container %s", name)
	return c
}

func (d *dockerCLI) network(name string) *sim.Network {
	n, ok := d.host.Network(name)
	require.True(d.t, ok, "network %s", name)
	return n
}

func (d *dockerCLI) createNetwork(args []string) (status int) {
	f := flag.NewFlagSet("network create", flag.PanicOnError)
	var opts []sim.NetworkOption
	f.Bool("ipv6", false, "") // so is who has a subnet
	f.String("driver", "bridge", "")
	internal := f.Bool("internal", false, "")
	f.Func("subnet", "", func(s string) error {
		opts = append(opts, sim.WithSubnet(netip.MustParsePrefix(s)))
		return nil
	})
	f.Func("gateway", "", func(s string) error {
		opts = append(opts, sim.WithGateway(netip.MustParseAddr(s)))
		return nil
	})
	f.Parse(args)
	if *internal {
		opts = append(opts, sim.WithInternal())
	}
	n, err := d.host.CreateNetwork(f.Arg(0), opts...)
	if err != nil {
		return d.daemonError(err)
	}
	d.printf("%s", n.ID())
	return 0
}

func (d *dockerCLI) connect(command string, args []string) (status int) {
	f := flag.NewFlagSet(command, flag.PanicOnError)
	var opts []sim.AttachOption
	option := func(name string, parse func(s string) sim.AttachOption) {
		f.Func(name, "", func(s string) error {
			opts = append(opts, parse(s))
			return nil
		})
	}
	option("ip", withAddr)
	option("ip6", withAddr)
	option("alias", func(s string) sim.AttachOption { return sim.WithAlias(s) })
	option("link", func(s string) sim.AttachOption {
		name, alias, _ := strings.Cut(s, ":")
		return sim.WithNetworkLink(d.container(name), alias)
	})
	f.Bool("f", false, "") // Disconnect is always so
	f.Parse(args)
	n, c := d.network(f.Arg(0)), d.container(f.Arg(1))
	if command == "network connect" {
		return d.daemonError(c.Connect(n, opts...))
	}
	return d.daemonError(c.Disconnect(n))
}

func withAddr(s string) sim.AttachOption { return sim.WithAddr(netip.MustParseAddr(s)) }

func (d *dockerCLI) exec(c *sim.Container, words []string) error {
	program, ok := programs[strings.Join(words, " ")]
	require.True(d.t, ok, "program %s", words)
	done := make(chan error, 1)
	err := c.Go(func(ctx context.Context) error {
		err := program(ctx, c, &d.out)
		done <- err
		return err
	})
	if err != nil {
		return err
	}
	return <-done
}
