package dockercli

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim"

	"github.com/spf13/pflag"
)

// runFlags are the flags of docker run and docker create, with Docker's names for those
// that have another one in sim. Each points to what pflag sets.
type runFlags struct {
	detach, remove, interactive, tty, publishAll *bool
	name, hostname, ip, ip6                      *string
	addHosts, dns, dnsOptions, dnsSearch         *[]string
	env, expose, links, publish                  *[]string
	network, aliases                             *[]string
}

// newRunFlags adds the flags with Docker's usage texts. net, net-alias and dns-opt are
// older names, which Docker keeps and does not show.
func newRunFlags(f *pflag.FlagSet) *runFlags {
	f.SetInterspersed(false) // what follows the image belongs to its command
	flags := &runFlags{
		interactive: f.BoolP("interactive", "i", false, "Keep STDIN open even if not attached"),
		tty:         f.BoolP("tty", "t", false, "Allocate a pseudo-TTY"),
		publishAll:  f.BoolP("publish-all", "P", false, "Publish all exposed ports to random ports"),
		name:        f.String("name", "", "Assign a name to the container"),
		hostname:    f.StringP("hostname", "h", "", "Container host name"),
		ip:          f.String("ip", "", "IPv4 address (e.g., 172.30.100.104)"),
		ip6:         f.String("ip6", "", "IPv6 address (e.g., 2001:db8::33)"),
		addHosts:    multi(f, "add-host", "", "Add a custom host-to-IP mapping (host:ip)", nil),
		dns:         multi(f, "dns", "", "Set custom DNS servers", checkAddr),
		dnsOptions:  multi(f, "dns-option", "", "Set DNS options", nil),
		dnsSearch:   multi(f, "dns-search", "", "Set custom DNS search domains", nil),
		env:         multi(f, "env", "e", "Set environment variables", nil),
		expose:      multi(f, "expose", "", "Expose a port or a range of ports", nil),
		links:       multi(f, "link", "", "Add link to another container", checkLink),
		publish:     multi(f, "publish", "p", "Publish a container's port(s) to the host", nil),
		network:     multi(f, "network", "", "Connect a container to a network", nil),
		aliases:     multi(f, "network-alias", "", "Add network-scoped alias for the container", nil),
	}
	alias(f, "network", "net")
	alias(f, "network-alias", "net-alias")
	alias(f, "dns-option", "dns-opt")
	return flags
}

// containerOptions returns the options that the flags stand for. What one of them
// refuses comes out of Create. Targets of links are looked up here, in the words of the
// daemon, which has them in two parts: the inner one is that of every lookup.
func (d *docker) containerOptions(flags *runFlags) ([]sim.ContainerOption, error) {
	opts := []sim.ContainerOption{
		sim.WithAddHost(*flags.addHosts...), sim.WithDNSOption(*flags.dnsOptions...), sim.WithDNSSearch(*flags.dnsSearch...),
		sim.WithExpose(*flags.expose...), sim.WithPublish(*flags.publish...),
	}
	for _, s := range *flags.dns {
		opts = append(opts, sim.WithDNS(netip.MustParseAddr(s))) // checkAddr has seen it
	}
	if *flags.hostname != "" {
		opts = append(opts, sim.WithHostname(*flags.hostname))
	}
	if *flags.publishAll {
		opts = append(opts, sim.WithPublishAll())
	}
	for _, v := range *flags.env {
		if v, ok := d.environment(v); ok {
			opts = append(opts, sim.WithEnv(v))
		}
	}
	for _, link := range *flags.links {
		name, alias, _ := strings.Cut(link, ":")
		target, err := d.container(name)
		if err != nil {
			return nil, fmt.Errorf("could not get container for %s: %w", name, err)
		}
		opts = append(opts, sim.WithLink(target, cmp.Or(alias, name)))
	}
	network, err := d.networkOption(flags)
	return append(opts, network...), err
}

// environment returns NAME=value for what -e was given: of NAME alone docker passes on
// its own variable, if it has one.
func (d *docker) environment(v string) (string, bool) {
	if strings.Contains(v, "=") {
		return v, true
	}
	for _, own := range slices.Backward(d.Env) {
		if strings.HasPrefix(own, v+"=") {
			return own, true
		}
	}
	return "", false
}

// networkOption returns the option for --network, with what belongs to it. Without
// --network Docker drops addresses and aliases: it puts them into the description of an
// endpoint, and there is none. docker checks by the name alone whether a network is one
// of a user's own; links it refuses for those with no bridge.
func (d *docker) networkOption(flags *runFlags) ([]sim.ContainerOption, error) {
	names := slices.Compact(slices.Sorted(slices.Values(*flags.network)))
	switch len(names) {
	case 0:
		return nil, nil
	case 1:
	default:
		return nil, dockerError("Container cannot be connected to network endpoints: " + strings.Join(names, ", "))
	}
	name := names[0]
	other, isContainer := strings.CutPrefix(name, "container:")
	if isContainer || slices.Contains([]string{"default", "bridge", "host", "none"}, name) {
		if len(*flags.aliases) > 0 {
			return nil, clientError("network-scoped aliases are only supported for user-defined networks")
		}
		if len(*flags.links) > 0 && name != "default" && name != "bridge" {
			return nil, clientError("links are only supported for user-defined networks")
		}
	}
	switch {
	case isContainer && other == "":
		return nil, errors.New("Invalid network mode: invalid container format container:<name|id>")
	case isContainer:
		c, err := d.container(other)
		if err != nil {
			return nil, lateError(err.Error())
		}
		return []sim.ContainerOption{sim.WithNetworkOf(c)}, nil
	case name == "default":
		return nil, nil
	}
	n, err := d.network(name)
	if err != nil {
		return nil, lateError(err.Error())
	}
	attach, err := attachOptions(*flags.ip, *flags.ip6, *flags.aliases)
	return []sim.ContainerOption{sim.WithNetwork(n, attach...)}, err
}
