package sim

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"

	"drydock/dnsd"
	"drydock/sim/internal/netstack"

	"github.com/miekg/dns"
)

// names is how the programs in a namespace find names: by /etc/hosts, then by the
// nameservers of /etc/resolv.conf. It implements netstack.Resolver.
type names struct {
	hosts hostsFile

	mu     sync.Mutex // guards what follows
	conf   string     // the text of resolv.conf
	client *dnsd.Client
}

// setConf sets resolv.conf. The client asks from the sockets of s.
func (n *names) setConf(conf dnsd.ResolvConf, text string, s *netstack.Stack, seed uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conf, n.client = text, nil
	if len(conf.Nameservers) > 0 {
		n.client = &dnsd.Client{Conf: conf, Dial: s.DialContext, Seed: seed}
	}
}

func (n *names) dns() *dnsd.Client {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.client
}

func (n *names) resolvConf() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.conf
}

// LookupNetIP implements netstack.Resolver.
func (n *names) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	addrs, err := n.hosts.LookupNetIP(ctx, network, host)
	if client := n.dns(); err != nil && client != nil {
		return client.LookupNetIP(ctx, network, host)
	}
	return addrs, err
}

// LookupAddr returns the names of an address.
func (n *names) LookupAddr(ctx context.Context, a netip.Addr) ([]string, error) {
	if list := n.hosts.names(a.Unmap()); list != nil {
		return list, nil
	}
	if client := n.dns(); client != nil {
		return client.LookupAddr(ctx, a.String())
	}
	return nil, &net.DNSError{Err: "no such host", Name: a.String(), IsNotFound: true}
}

// Resolver returns a net.Resolver that asks the nameservers of m, for code that insists
// on one. dnsd.Client.NetResolver says what of the real machine it looks at all the
// same, which LookupNetIP and dialing by name do not. It is of use until m stops.
func (m *machine) Resolver() *net.Resolver {
	ns, _, err := m.open("lookup")
	if err == nil {
		if client := ns.names.dns(); client != nil {
			return client.NetResolver()
		}
		err = errors.New("no nameserver in /etc/resolv.conf")
	}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, err }}
}

// A nameserver is the embedded resolver of a container, at 127.0.0.11 of its stack.
type nameserver struct {
	resolver *dnsd.Resolver
	sockets  *netstack.Stack
	end      context.CancelFunc
	ended    chan error
}

// startDNS gives a run the embedded resolver, when it first joins a network that has
// one. It stays until the container stops.
func (c *Container) startDNS(r *run) (err error) {
	if r.dns != nil {
		return nil
	}
	conf, _ := c.resolvConf()
	d := &nameserver{sockets: r.ns.stack.Share(), ended: make(chan error, 1)}
	var ctx context.Context
	ctx, d.end = context.WithCancel(context.Background())
	seed := c.host.random.seedOf("dns " + c.id)
	opts := []dnsd.Option{dnsd.WithSeed(seed), dnsd.WithUpstreams(d.sockets.DialContext, conf.Upstreams()...)}
	if conf.ForEmbedded().Ndots() > 0 {
		opts = append(opts, dnsd.KeepSingleLabels())
	}
	d.resolver, err = dnsd.New(opts...)
	if err == nil {
		err = d.serve(ctx, c.host.wrapDNS)
	}
	if err != nil {
		d.end()
		d.sockets.Leave(true)
		return err
	}
	conf = conf.ForEmbedded()
	r.dns = d
	r.ns.names.setConf(conf, conf.String(), d.sockets, seed)
	return nil
}

// serve listens on ports of its own, which are found by port 53.
func (d *nameserver) serve(ctx context.Context, wrap func(dns.Handler) dns.Handler) error {
	address := netip.AddrPortFrom(dnsd.Embedded, 0).String()
	pc, err := d.sockets.ListenPacket(ctx, "udp4", address)
	if err != nil {
		return err
	}
	l, err := d.sockets.Listen(ctx, "tcp4", address)
	if err != nil {
		return err
	}
	d.sockets.Redirect(netip.AddrPortFrom(dnsd.Embedded, 53),
		uint16(pc.LocalAddr().(*net.UDPAddr).Port), uint16(l.Addr().(*net.TCPAddr).Port))
	var handler dns.Handler = d.resolver
	if wrap != nil {
		handler = wrap(handler)
	}
	go func() { d.ended <- dnsd.Serve(ctx, handler, pc, l) }()
	return nil
}

func (d *nameserver) stop() {
	d.end()
	<-d.ended
	d.sockets.Leave(true)
}

// setScopes tells the resolver of a run which networks it is on, in the order of
// their priority.
func (c *Container) setScopes(r *run) {
	if r.dns == nil {
		return
	}
	var scopes []dnsd.Scope
	for _, ep := range r.inOrder() {
		if zone := ep.network.zone; zone != nil {
			scopes = append(scopes, dnsd.Scope{Zone: zone, Links: c.dnsLinks(ep.network)})
		}
	}
	r.dns.resolver.SetScopes(scopes...)
}

// dnsLinks returns the links of a container of a network with names.
func (c *Container) dnsLinks(n *Network) []dnsd.Link {
	var list []dnsd.Link
	if n == c.config.network {
		for _, l := range c.config.links {
			list = append(list, dnsd.Link{Alias: l.alias, Target: l.target.name})
		}
	}
	return list
}

// register gives a container that has joined a network its names there.
func (c *Container) register(r *run, a *attachment, ep *endpoint) error {
	if zone := ep.network.zone; zone != nil {
		aliases := append([]string{c.id[:12]}, a.aliases...)
		if c.config.hostname != "" {
			aliases = append(aliases, c.config.hostname)
		}
		if err := c.startDNS(r); err != nil {
			return err
		}
		if err := zone.Set(c.id, dnsd.Host{Name: c.name, Aliases: aliases, Addrs: []netip.Addr{ep.addr}}); err != nil {
			return err
		}
		c.setScopes(r)
	}
	r.ns.names.hosts.addOwn(ep.addr, c.hostname(r.ns))
	return nil
}

// resolvConf returns the container's resolv.conf, unless it has the embedded resolver,
// and its text, which is the host's if no option changes it.
func (c *Container) resolvConf() (dnsd.ResolvConf, string) {
	text := ""
	if c.host.resolv != "" {
		text = dnsd.HostResolvConf(c.host.resolv)
	}
	conf := dnsd.ParseResolvConf(text)
	if len(c.config.dns)+len(c.config.dnsSearch)+len(c.config.dnsOptions) > 0 {
		conf = conf.With(c.config.dns, c.config.dnsSearch, c.config.dnsOptions)
		text = conf.String()
	}
	return conf, text
}

// WithAlias gives the container further names on the network, which others may have
// too: --network-alias. On the predefined networks there are none.
func WithAlias(aliases ...string) AttachOption {
	return func(a *attachment) error {
		if a.network != nil && a.network.predefined() {
			return errorf("connect container", a.network.name, ErrConflict,
				"network-scoped alias is supported only for containers in user defined networks")
		}
		if slices.Contains(aliases, "") {
			return errorf("connect container", "", ErrName, "invalid network-scoped alias: it is empty")
		}
		a.aliases = append(a.aliases, aliases...)
		return nil
	}
}

// WithDNS sets the nameservers, instead of the host's: --dns. On networks of one's own
// they are whom the embedded resolver asks for what it does not know.
func WithDNS(servers ...netip.Addr) ContainerOption {
	return func(_ *Host, c *containerConfig) error {
		for _, a := range servers {
			if !a.IsValid() {
				return errorf("create container", a.String(), ErrAddress, "%v is not an ip address", a)
			}
		}
		c.dns = append(c.dns, servers...)
		return nil
	}
}

// WithDNSSearch sets the domains that names are completed with: --dns-search.
func WithDNSSearch(domains ...string) ContainerOption {
	return func(_ *Host, c *containerConfig) error {
		c.dnsSearch = append(c.dnsSearch, domains...)
		return nil
	}
}

// WithDNSOption sets options of resolv.conf, "ndots:2": --dns-option.
func WithDNSOption(options ...string) ContainerOption {
	return func(_ *Host, c *containerConfig) error {
		c.dnsOptions = append(c.dnsOptions, options...)
		return nil
	}
}

// WithResolvConf sets the host's /etc/resolv.conf, by default an empty file. Its
// nameservers, addresses of emulated machines, are the containers' too.
func WithResolvConf(text string) HostOption {
	return func(c *hostConfig) error {
		c.resolv = text
		return nil
	}
}

// WithResolver wraps the embedded resolver of each container, to watch it or to make
// it fail: see dnsd.Faults.
func WithResolver(wrap func(dns.Handler) dns.Handler) HostOption {
	return func(c *hostConfig) error {
		c.wrapDNS = wrap
		return nil
	}
}

// ReadFile returns what is in /etc/hosts, /etc/resolv.conf or /etc/hostname, the only
// files of m. The error is a *fs.PathError.
func (m *machine) ReadFile(name string) ([]byte, error) {
	ns, _, err := m.open("open")
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	switch name {
	case "/etc/hosts":
		return []byte(ns.names.hosts.String()), nil
	case "/etc/resolv.conf":
		return []byte(ns.names.resolvConf()), nil
	case "/etc/hostname":
		return []byte(m.Hostname() + "\n"), nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
}
