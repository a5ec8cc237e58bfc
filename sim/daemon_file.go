package sim

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"

	"drydock/sim/internal/daemonjson"
)

const daemonFile = "etc/docker/daemon.json"

// startFailed is what dockerd puts before what it finds once it has read its options.
const startFailed = "failed to start daemon: "

// noController is what it puts there before what is wrong with docker0.
const noController = startFailed + "Error initializing network controller: "

// errController is what is wrong with docker0.
func errController(err error) error {
	return fmt.Errorf(`%sError creating default "bridge" network: %w`, noController, err)
}

// readOptions returns the options of a start: flags and what the file says.
func (h *Host) readOptions() (*daemonConfig, error) {
	d := h.flags
	text, err := fs.ReadFile(h.files, daemonFile)
	if errors.Is(err, fs.ErrNotExist) {
		return &d, nil
	}
	if err != nil {
		return nil, err
	}
	line := daemonConfig{flags: d.flags}
	if listens := h.engine.Release().Listens; listens != "" {
		line.flag("hosts", listens)
	}
	c, err := daemonjson.Read(text, line.flags, h.engine.Release().Flags...)
	if err != nil {
		return nil, err
	}
	opts, err := fileOptions(&c)
	if err != nil {
		return nil, err
	}
	cfg := hostConfig{daemon: d}
	for _, opt := range opts {
		if err := opt.applyHost(&cfg); err != nil {
			return nil, errController(err)
		}
	}
	cfg.daemon.take(&c)
	if _, has := h.pool6(nil); cfg.daemon.ipv6 && !has {
		return nil, errors.New(noController + "IPv6 is enabled for the default bridge, but no subnet is configured. Specify an IPv6 subnet using --fixed-cidr-v6")
	}
	return &cfg.daemon, cfg.daemon.check()
}

// fileOptions are those of the file that NewHost has, too.
func fileOptions(c *daemonjson.Config) (opts []HostOption, err error) {
	set := func(is bool, opt HostOption) {
		if is {
			opts = append(opts, opt)
		}
	}
	parse := func(text string, option func(netip.Prefix) HostOption) {
		if text == "" || err != nil {
			return
		}
		p, bad := netip.ParsePrefix(text)
		if bad != nil {
			err = fmt.Errorf("%sinvalid CIDR address: %s", noController, text)
			return
		}
		opts = append(opts, option(p))
	}
	parse(c.BridgeIP, WithBridgeIP)
	parse(c.FixedCIDR, WithFixedCIDR)
	if c.IPv6 {
		parse(c.FixedCIDRv6, WithFixedCIDRv6)
	}
	pools, bad := filePools(c.Pools)
	err = cmp.Or(bad, err)
	set(len(pools) > 0, hostOption(func(c *hostConfig) error { return c.setPools(pools) }))
	set(c.ICC != nil, WithICC(is(c.ICC)))
	set(c.MTU != 0, WithMTU(c.MTU))
	set(c.IPTables != nil, WithIPTables(is(c.IPTables)))
	set(c.IP6Tables != nil, WithIP6Tables(is(c.IP6Tables)))
	set(c.DirectRouting, WithDirectRouting(true))
	set(c.KeepPolicy, WithForwardPolicyKept(true))
	set(c.FirewallBackend != "", WithFirewallBackend(c.FirewallBackend))
	set(c.AcceptMark != "", WithAcceptMark(c.AcceptMark))
	set(c.IPForward != nil, WithIPForward(is(c.IPForward)))
	set(c.Proxy != nil, WithUserlandProxy(is(c.Proxy)))
	if a, ok := netip.AddrFromSlice(c.PublishAddr); ok {
		set(true, WithPublishAddr(a.Unmap()))
	}
	return opts, err
}

// filePools are the bases of --default-address-pool.
func filePools(pools []daemonjson.Pool) (list []addressPool, err error) {
	for _, p := range pools {
		base, err := netip.ParsePrefix(p.Base)
		if err != nil {
			return nil, fmt.Errorf("%serror obtaining controller instance: invalid base pool %q: invalid CIDR address: %[2]s", noController, p.Base)
		}
		if p.Size <= 0 || p.Size < base.Bits() {
			return nil, fmt.Errorf("%serror obtaining controller instance: invalid pools size: %d", noController, p.Size)
		}
		list = append(list, addressPool{base, p.Size})
	}
	return list, nil
}

func is(b *bool) bool { return b != nil && *b }

// take notes what the file alone has.
func (d *daemonConfig) take(c *daemonjson.Config) {
	if a, ok := netip.AddrFromSlice(c.Gateway); ok {
		d.gateway = a.Unmap()
	}
	for _, text := range c.DNS {
		d.dns = append(d.dns, netip.MustParseAddr(text)) // daemonjson has parsed it
	}
	d.ipv6 = c.IPv6 && c.FixedCIDRv6 == ""
	d.dnsSearch, d.dnsOptions = c.DNSSearch, c.DNSOptions
	if c.IPMasq != nil {
		d.docker0.noMasquerade = !*c.IPMasq
	}
	d.debug, d.labels, d.mirrors, d.cgroupDriver = c.Debug, c.Labels, c.Mirrors, c.CgroupDriver()
}

// check refuses options that contradict each other.
func (d *daemonConfig) check() error {
	if d.noIPTables && d.docker0.noICC {
		return errors.New(startFailed + "You specified --iptables=false with --icc=false. ICC=false uses iptables to function. Please set --icc or --iptables to true")
	}
	return nil
}
