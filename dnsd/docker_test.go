package dnsd_test

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"drydock/dnsd"
)

// A docker is as much of Docker as decides what a resolver has to know: networks,
// addresses, names. It understands the commands in the recordings.
type docker struct {
	t          *testing.T
	in         *internet
	pool       int // the next of the default subnets, 172.pool.0.0/16
	networks   map[string]*dockerNet
	containers map[string]*container // by name
}

type dockerNet struct {
	zone     *dnsd.Zone
	subnet   netip.Prefix
	internal bool
	taken    map[netip.Addr]bool
}

type container struct {
	docker   *docker
	name, id string
	hostname string
	running  bool
	dns      []netip.AddrPort
	joined   map[string]*attachment // by name of network
	resolver *dnsd.Resolver
}

// An attachment is how a container is in a network.
type attachment struct {
	fixed, addr netip.Addr
	aliases     []string
	links       []dnsd.Link
}

func newDocker(t *testing.T, pool int) *docker {
	in := &internet{servers: map[string]dns.Handler{"172.16.80.53:53": labDNS, "172.16.80.47:53": nil}}
	return &docker{t: t, in: in, pool: pool, networks: map[string]*dockerNet{}, containers: map[string]*container{}}
}

// run runs a command; id is what it printed.
func (d *docker) run(line, id string) {
	d.t.Helper()
	words := strings.Fields(line)[1:]
	command := words[0]
	if command == "network" {
		command, words = "network "+words[1], words[1:]
	}
	options, args := parse(words[1:])
	switch command {
	case "network create":
		d.create(args[0], options)
	case "network rm":
		delete(d.networks, args[0])
	case "network connect":
		d.containers[args[1]].connect(args[0], options)
	case "network disconnect":
		d.containers[args[1]].disconnect(args[0])
	case "run":
		d.start(id, options)
	case "rename":
		c := d.containers[args[0]]
		delete(d.containers, c.name)
		c.name = args[1]
		d.containers[c.name] = c
		c.tell()
	case "rm":
		for _, name := range args {
			d.containers[name].stop()
			delete(d.containers, name)
		}
	case "stop", "start", "restart":
		for _, name := range args {
			if command != "start" {
				d.containers[name].stop()
			}
			if command != "stop" {
				d.containers[name].start()
			}
		}
	case "pause", "unpause": // changes no name
	default:
		require.Fail(d.t, "unknown command", line)
	}
}

// parse separates options from arguments.
func parse(words []string) (options map[string][]string, args []string) {
	options = map[string][]string{}
	for i := 0; i < len(words); i++ {
		option, value, attached := strings.Cut(words[i], "=")
		switch {
		case !strings.HasPrefix(option, "-"):
			args = append(args, words[i])
		case slices.Contains([]string{"-d", "-f", "--internal"}, option):
			options[option] = append(options[option], "")
		default:
			if !attached {
				i++
				value = words[i]
			}
			options[option] = append(options[option], value)
		}
	}
	return options, args
}

func (d *docker) create(name string, options map[string][]string) {
	n := &dockerNet{zone: dnsd.NewZone(name), taken: map[netip.Addr]bool{}, internal: options["--internal"] != nil}
	if subnet := options["--subnet"]; subnet != nil {
		n.subnet = netip.MustParsePrefix(subnet[0])
	} else {
		n.subnet = netip.PrefixFrom(netip.AddrFrom4([4]byte{172, byte(d.pool), 0, 0}), 16)
		d.pool++
	}
	n.taken[n.subnet.Addr().Next()] = true
	d.networks[name] = n
}

func (d *docker) start(id string, options map[string][]string) {
	d.t.Helper()
	c := &container{docker: d, name: options["--name"][0], id: id, joined: map[string]*attachment{}}
	c.hostname = append(options["--hostname"], id)[0]
	for _, a := range options["--dns"] {
		c.dns = append(c.dns, netip.AddrPortFrom(addr(a), 53))
	}
	if c.dns == nil {
		c.dns = []netip.AddrPort{netip.MustParseAddrPort("172.16.80.53:53")}
	}
	var err error
	c.resolver, err = dnsd.New(dnsd.WithUpstreams(c.dial, c.dns...), dnsd.WithSeed(1))
	require.NoError(d.t, err)
	d.containers[c.name] = c
	for _, network := range options["--network"] {
		options["--alias"] = options["--network-alias"]
		c.connect(network, options)
	}
	c.start()
}

// dial reaches nobody from internal networks.
func (c *container) dial(ctx context.Context, network, address string) (net.Conn, error) {
	for name := range c.joined {
		if !c.docker.networks[name].internal {
			return c.docker.in.dial(ctx, network, address)
		}
	}
	return c.docker.in.dial(ctx, network, "nowhere")
}

func (c *container) connect(network string, options map[string][]string) {
	a := &attachment{aliases: options["--alias"]}
	if ip := options["--ip"]; ip != nil {
		a.fixed = addr(ip[0])
	}
	for _, link := range options["--link"] {
		target, alias, _ := strings.Cut(link, ":")
		a.links = append(a.links, dnsd.Link{Alias: alias, Target: target})
	}
	c.joined[network] = a
	if c.running {
		c.start()
	}
}

func (c *container) disconnect(network string) {
	n := c.docker.networks[network]
	delete(n.taken, c.joined[network].addr)
	n.zone.Delete(c.id)
	delete(c.joined, network)
	c.tell()
}

// start takes the lowest free address of each network where c has none.
func (c *container) start() {
	c.running = true
	for name, a := range c.joined {
		n := c.docker.networks[name]
		if a.addr.IsValid() {
			continue
		}
		for a.addr = n.subnet.Addr().Next(); n.taken[a.addr]; a.addr = a.addr.Next() {
		}
		if a.fixed.IsValid() {
			a.addr = a.fixed
		}
		n.taken[a.addr] = true
	}
	c.tell()
}

func (c *container) stop() {
	c.running = false
	for name, a := range c.joined {
		delete(c.docker.networks[name].taken, a.addr)
		c.docker.networks[name].zone.Delete(c.id)
		a.addr = netip.Addr{}
	}
}

// tell brings zones and resolver up to date. The networks that lead outside come
// first, otherwise they are in the order of their names.
func (c *container) tell() {
	var scopes []dnsd.Scope
	for name, a := range c.joined {
		n := c.docker.networks[name]
		scopes = append(scopes, dnsd.Scope{Zone: n.zone, Links: a.links})
		if c.running {
			h := dnsd.Host{Name: c.name, Aliases: append([]string{c.id, c.hostname}, a.aliases...), Addrs: []netip.Addr{a.addr}}
			require.NoError(c.docker.t, n.zone.Set(c.id, h))
		}
	}
	slices.SortFunc(scopes, func(a, b dnsd.Scope) int {
		an, bn := a.Zone.Network(), b.Zone.Network()
		if x, y := c.docker.networks[an].internal, c.docker.networks[bn].internal; x != y {
			return map[bool]int{false: -1, true: 1}[x]
		}
		return cmp.Compare(an, bn)
	})
	c.resolver.SetScopes(scopes...)
}
