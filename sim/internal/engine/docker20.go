package engine

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"drydock/dnsd"
	"drydock/sim/internal/ports"
)

// Docker20 is Docker Engine 20.10.24, with iptables 1.8.9 and docker-proxy, as Debian 12 has it.
// It is told apart from later releases by its chains (FORWARD is spliced, isolation has two
// stages), by MACs made of addresses, and by pools that go round.
var Docker20 Engine = docker20{}

type docker20 struct{}

// HostRules make the chains. Isolation has two stages: the first catches what leaves a bridge
// for another interface, the second drops that if the other is a bridge of Docker's too. So two
// rules for each network do, and not one for each pair. DOCKER-USER is the user's: dockerd
// makes it and leaves it alone. The policy comes last: dockerd sets it if it is what turns
// ip_forward on.
func (docker20) HostRules(d Daemon) []string {
	local := "! -d 127.0.0.0/8 " // is the userland proxy's
	if !d.UserlandProxy {
		local = ""
	}
	rules := []string{
		"-t nat -N DOCKER",
		"-N DOCKER",
		"-N DOCKER-ISOLATION-STAGE-1",
		"-N DOCKER-ISOLATION-STAGE-2",
		"-A DOCKER-ISOLATION-STAGE-1 -j RETURN",
		"-A DOCKER-ISOLATION-STAGE-2 -j RETURN",
		"-N DOCKER-USER",
		"-A DOCKER-USER -j RETURN",
		"-t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
		"-A FORWARD -j DOCKER-USER",
		"-A FORWARD -j DOCKER-ISOLATION-STAGE-1",
		"-t nat -A OUTPUT " + local + "-m addrtype --dst-type LOCAL -j DOCKER",
	}
	if d.Forwarding {
		rules = append(rules, "-P FORWARD DROP")
	}
	return rules
}

// TopRules end as the first two of FORWARD, DOCKER-USER before the other: NetworkRules are
// inserted above them.
func (docker20) TopRules() []string {
	return []string{"-I FORWARD -j DOCKER-ISOLATION-STAGE-1", "-I FORWARD -j DOCKER-USER"}
}

// NetworkRules are inserted, so that the newest network is on top, but for the DROP of a
// network without ICC, which comes after the rules of all others.
//
// The RETURN keeps what comes from the network's own containers from being translated, so that
// the userland proxy has it, and they see the gateway as the source. Without the proxy the
// second MASQUERADE gives the host's own connections, made to 127.0.0.1, a source that the
// container can answer. Networks that do not masquerade have no RETURN either.
func (docker20) NetworkRules(n Network) []string {
	var list []string
	add := func(is bool, rules ...string) {
		if is {
			list = append(list, rules...)
		}
	}
	add(!n.Internal && n.Masquerade, "-t nat -I POSTROUTING -s SUBNET ! -o BRIDGE -j MASQUERADE")
	add(!n.Internal && !n.Daemon.UserlandProxy, "-t nat -I POSTROUTING -o BRIDGE -m addrtype --src-type LOCAL -j MASQUERADE")
	add(!n.Internal && n.Masquerade && n.Daemon.UserlandProxy, "-t nat -I DOCKER -i BRIDGE -j RETURN")
	add(n.ICC, "-I FORWARD -i BRIDGE -o BRIDGE -j ACCEPT")
	add(!n.ICC, "-A FORWARD -i BRIDGE -o BRIDGE -j DROP")
	add(n.Internal,
		"-I DOCKER-ISOLATION-STAGE-1 ! -d SUBNET -i BRIDGE -j DROP",
		"-I DOCKER-ISOLATION-STAGE-1 ! -s SUBNET -o BRIDGE -j DROP")
	add(!n.Internal,
		"-I FORWARD -i BRIDGE ! -o BRIDGE -j ACCEPT",
		"-I FORWARD -o BRIDGE -j DOCKER",
		"-I FORWARD -o BRIDGE -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
		"-I DOCKER-ISOLATION-STAGE-1 -i BRIDGE ! -o BRIDGE -j DOCKER-ISOLATION-STAGE-2",
		"-I DOCKER-ISOLATION-STAGE-2 -o BRIDGE -j DROP")
	r := strings.NewReplacer("BRIDGE", n.Bridge, "SUBNET", n.Subnet.String())
	for i := range list {
		list[i] = r.Replace(list[i])
	}
	return list
}

// PortRules are none for IPv6, which the userland proxy serves alone: this release has no
// ip6tables by default. The proxy has also what comes from the containers of the network:
// hence "! -i". The third is for a container that comes to its own published port, whose
// packets would else return to it from itself.
func (docker20) PortRules(n Network, container netip.Addr, b ports.Binding) []string {
	if !b.HostAddr.Is4() {
		return nil
	}
	dst, in := "", "! -i BRIDGE "
	if !b.HostAddr.IsUnspecified() {
		dst = fmt.Sprintf("-d %v ", b.HostAddr)
	}
	if !n.Daemon.UserlandProxy {
		in = ""
	}
	r := strings.NewReplacer("BRIDGE", n.Bridge, "ADDR", container.String(),
		"PROTO", b.Port.Proto.String(), "HOSTPORT", fmt.Sprint(b.HostPort), "PORT", fmt.Sprint(b.Port.Number))
	return []string{
		r.Replace("-t nat -A DOCKER " + dst + in + "-p PROTO -m PROTO --dport HOSTPORT -j DNAT --to-destination ADDR:PORT"),
		r.Replace("-A DOCKER -d ADDR ! -i BRIDGE -o BRIDGE -p PROTO -m PROTO --dport PORT -j ACCEPT"),
		r.Replace("-t nat -A POSTROUTING -s ADDR -d ADDR -p PROTO -m PROTO --dport PORT -j MASQUERADE"),
	}
}

// LinkRules open each port that the target exposes and let the answers through. They name
// addresses: dockerd does not follow the target to another one, unlike /etc/hosts.
func (docker20) LinkRules(n Network, client, target netip.Addr, exposed []ports.Port) []string {
	if n.ICC {
		return nil
	}
	var list []string
	add := func(from, to netip.Addr, p ports.Port, side string) {
		list = append(list, fmt.Sprintf("-A DOCKER -s %v -d %v -i %s -o %[3]s -p %s -m %[4]s %s %d -j ACCEPT",
			from, to, n.Bridge, p.Proto, side, p.Number))
	}
	for _, p := range exposed {
		add(client, target, p, "--dport")
		add(target, client, p, "--sport")
	}
	return list
}

// Plan has an order that is dockerd's where that is not random: see ports.Plan.
func (docker20) Plan(published []ports.Publication, exposed []ports.Port, all bool) ([]ports.Publication, []ports.Port) {
	return ports.Plan(published, exposed, all)
}

// HostAddrs are IPv4 ones alone without the userland proxy, since there are rules for no
// others.
func (docker20) HostAddrs(d Daemon, p ports.Publication) []netip.Addr {
	addrs := p.HostAddrs(d.PublishAddr)
	if !d.UserlandProxy {
		addrs = slices.DeleteFunc(addrs, netip.Addr.Is6)
	}
	return addrs
}

// defaultPools20 are 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 to 192.168.240.0/20.
var defaultPools20 = append(Subnets(netip.MustParsePrefix("172.16.0.0/12"), 16)[1:],
	Subnets(netip.MustParsePrefix("192.168.0.0/16"), 20)...)

func (docker20) DefaultPools() []netip.Prefix { return defaultPools20 }

// NextPool goes round: one that was given back waits until all others had their turn.
func (docker20) NextPool(pools []netip.Prefix, last int, inUse []netip.Prefix) (int, bool) {
	for i := range pools {
		index := (last + 1 + i) % len(pools)
		if !slices.ContainsFunc(inUse, pools[index].Overlaps) {
			return index, true
		}
	}
	return last, false
}

// ByMAC is where the 48 bits of a MAC fit.
func (docker20) ByMAC(subnet netip.Prefix) bool { return subnet.Bits() <= 128-48 }

// ComparePriority puts networks that are not internal first, of those the ones with IPv6, and
// else goes by the bytes of their names: Zed, alpha, bridge.
func (docker20) ComparePriority(a, b Network) int {
	return cmp.Or(
		compareBool(a.Internal, b.Internal),
		compareBool(b.IPv6, a.IPv6),
		cmp.Compare(a.Name, b.Name),
	)
}

// BridgeMAC is 02:42 and four random bytes.
func (docker20) BridgeMAC(random io.Reader) net.HardwareAddr {
	mac := net.HardwareAddr{0x02, 0x42, 0, 0, 0, 0}
	io.ReadFull(random, mac[2:])
	return mac
}

// ContainerMAC is 02:42 and the address.
func (docker20) ContainerMAC(ip netip.Addr, _ io.Reader) net.HardwareAddr {
	return append(net.HardwareAddr{0x02, 0x42}, ip.AsSlice()...)
}

// VethName is veth and 7 hex digits.
func (docker20) VethName(random io.Reader) string {
	var b [4]byte
	io.ReadFull(random, b[:])
	return fmt.Sprintf("veth%07x", binary.BigEndian.Uint32(b[:])>>4)
}

// Aliases are those asked for, the short ID and the hostname. Inspect tells them as well.
func (docker20) Aliases(asked []string, id, hostname string) []string {
	list := append(slices.Clone(asked), id[:12])
	if hostname != "" {
		list = append(list, hostname)
	}
	return list
}

// Hosts writes links before the container's own lines, in the order in which dockerd adds them.
// A name with a domain is known without it as well. IPv6 names are there in a container that has
// no IPv6, too.
func (docker20) Hosts(h Hosts) string {
	var b strings.Builder
	b.WriteString(`127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::0	ip6-localnet
ff00::0	ip6-mcastprefix
ff02::1	ip6-allnodes
ff02::2	ip6-allrouters
`)
	line := func(a netip.Addr, names ...string) {
		b.WriteString(a.String() + "\t" + strings.Join(names, " ") + "\n")
	}
	for _, e := range h.Extra {
		line(e.Addr, e.Name)
	}
	for _, l := range h.Links {
		names := []string{l.Alias, l.ID[:12]}
		if l.Alias != l.Name {
			names = append(names, l.Name)
		}
		line(l.Addr, names...)
	}
	for _, o := range h.Own {
		names := []string{o.Name}
		if short, _, ok := strings.Cut(o.Name, "."); ok {
			names = append(names, short)
		}
		line(o.Addr, names...)
	}
	return b.String()
}

// OwnHosts loses all lines but with the default bridge, which leaves even its own: dockerd
// deletes by name on networks that have names.
func (docker20) OwnHosts(own []Host, network string) []Host {
	if network == "bridge" {
		return own
	}
	return nil
}

// ResolvConf is the host's file without nameservers on a loopback address and, unless the
// container has IPv6, those with an IPv6 address. If none is left there are Google's. What
// options say stands in its place: search, nameservers, options, and no comments.
func (docker20) ResolvConf(r ResolvConf) string {
	text := r.copyHost20()
	if len(r.Nameservers)+len(r.Search)+len(r.Options) == 0 {
		return text
	}
	c := dnsd.ParseResolvConf(text)
	if len(r.Nameservers) > 0 {
		c.Nameservers = r.Nameservers
	}
	if len(r.Search) > 0 {
		c.Search = r.Search
	}
	if len(r.Options) > 0 {
		c.Options = r.Options
	}
	if len(c.Search) == 1 && c.Search[0] == "." {
		c.Search = nil
	}
	return c.String()
}

func (r *ResolvConf) copyHost20() string {
	if r.Host == "" {
		return ""
	}
	var b strings.Builder
	servers := 0
	for line := range strings.Lines(r.Host) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "nameserver" {
			a, err := netip.ParseAddr(fields[1])
			if err == nil && (a.IsLoopback() || a.Is6() && !r.IPv6) {
				continue
			}
			servers++
		}
		b.WriteString(line)
	}
	if servers == 0 {
		b.WriteString("\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n")
	}
	if servers == 0 && r.IPv6 {
		b.WriteString("nameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844") // without a line feed
	}
	return b.String()
}

// EmbeddedResolvConf has the embedded resolver in the place of the IPv4 nameservers, which
// are its upstreams. Names without dots are tried as they are, unless an option says
// otherwise.
func (e docker20) EmbeddedResolvConf(r ResolvConf) string {
	c := dnsd.ParseResolvConf(e.ResolvConf(r))
	c.Nameservers = append([]netip.Addr{dnsd.Embedded}, slices.DeleteFunc(c.Nameservers, netip.Addr.Is4)...)
	if !slices.ContainsFunc(c.Options, func(o string) bool { return strings.HasPrefix(o, "ndots:") }) {
		c.Options = append(c.Options, "ndots:0")
	}
	return c.String()
}

// DefaultPath is what docker build and docker import give an image.
func (docker20) DefaultPath() string {
	return "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

// Environment has what the container was given after the variables of links, which it
// overrides in their places, and HOME last, of the root user unless it is given.
func (e docker20) Environment(v Environment) []string {
	env := []string{e.DefaultPath(), "HOSTNAME=" + v.Hostname}
	for _, l := range v.Links {
		env = append(env, l.Vars()...)
	}
	for _, o := range v.Env {
		env = SetEnv(env, o)
	}
	if !HasEnv(env, "HOME") {
		env = append(env, "HOME=/root")
	}
	return env
}

// SandboxKey is where dockerd mounts the namespace.
func (docker20) SandboxKey(id string) string {
	if id == "" {
		return "/var/run/docker/netns/default"
	}
	return "/var/run/docker/netns/" + id[:12]
}

// Drain is 100 ms: from the exit to the removal of the interface 87 ms were measured.
func (docker20) Drain() time.Duration { return 100 * time.Millisecond }

// Messages are as recorded. Capitals and full stops are dockerd's own.
func (docker20) Messages() *Messages { return &messages20 }

var messages20 = Messages{
	NoContainer:      "No such container: %s",
	NotRunning:       "Container %s is not running",
	ContainerName:    "Invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
	NameInUse:        "Conflict. The container name %q is already in use by container %q. You have to remove (or rename) that container to be able to reuse that name.",
	Rename:           "Error when allocating new name: %v",
	RenameEmpty:      "Neither old nor new names may be empty",
	RenameSame:       "Renaming a container with the same name as its current name",
	Kill:             "Cannot kill container: %s: %v",
	Restart:          "Cannot restart container %s: %v",
	StartPaused:      "cannot start a paused container, try unpause instead",
	ExecPaused:       "Container %s is paused, unpause the container before exec",
	AlreadyPaused:    "Container %s is already paused",
	NotPaused:        "Container %s is not paused",
	RemoveRunning:    "You cannot remove a running container %s. Stop the container before attempting removal or force remove",
	RemovePaused:     "You cannot remove a paused container %s. Unpause and then stop the container before attempting removal or force remove",
	JoinNotRunning:   "cannot join network of a non running container: %s",
	EnvVariable:      "invalid environment variable: %s",
	AddHostFormat:    "bad format for add-host: %q",
	AddHostAddr:      "invalid IP address in add-host: %q",
	DNSServer:        "%s is not an ip address",
	NamespaceOptions: "conflicting options: %s network mode",
	HostnameOption:   "hostname and the",
	PublishOption:    "port publishing and the container type",
	DNSOption:        "dns and the",
	AddHostOption:    "custom host-to-IP mapping and the",
	ExposeOption:     "port exposing and the container type",

	PortAddr:    "Invalid ip address: %s",
	PortSpec:    "invalid port specification: %q",
	Publish:     "driver failed programming external connectivity on endpoint %s (%s): %v",
	IPTables:    "(iptables failed: iptables --wait %s: %v\n (exit status %d))",
	HostIgnores: "Published ports are discarded when using host network mode",

	LinkMode:       "links are only supported for user-defined networks.",
	LinkEmpty:      "empty string specified for links",
	LinkFormat:     "bad format for links: %s",
	LinkAlias:      "invalid alias %q",
	LinkNotFound:   "could not get container for %s: No such container: %[1]s",
	LinkHost:       "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
	LinkNetwork:    "Cannot link to /%s, as it does not belong to the default network",
	LinkNotRunning: "Cannot link to a non running container: /%s AS /%s/%s",
	LinkRules:      "Unable to link: %v",

	NoNetwork:           "No such network: %s",
	NetworkNotFound:     "network %s not found",
	NetworkName:         "invalid name: %s",
	NetworkExists:       "network with name %s already exists",
	CreatePredefined:    "operation is not permitted on predefined %s network",
	RemovePredefined:    "%s is a pre-defined network and cannot be removed",
	HasEndpoints:        "error while removing network: network %s id %s has active endpoints",
	SubnetFormat:        "Invalid subnet %v : invalid CIDR address: %[1]v",
	SubnetsPerFamily:    "bridge driver doesn't support multiple subnets",
	SubnetMissing:       "every ip-range or gateway must have a corresponding subnet",
	SubnetOverlaps:      "Pool overlaps with other one on this address space",
	NoPool:              "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
	NoPool6:             "could not find an available, non-overlapping IPv6 address pool among the defaults to assign to the network",
	RangeOutside:        "no matching subnet for range %v",
	GatewayOutside:      "no matching subnet for gateway %v",
	GatewayTaken:        "failed to allocate gateway (%v): Address already in use",
	GatewayNone:         "failed to allocate gateway (): No available addresses on this pool",
	GatewayNotOfBridge:  "failed to add IPv6 address %v to bridge: cannot assign requested address",
	SecondPredefined:    "only one instance of %q network is allowed",
	NoPlugin:            "plugin %q not found",
	OptionValue:         "failed to parse %s value: %s (%v)",
	MTU:                 "invalid MTU number: %d",
	NetworkRules:        "Failed to Setup IP tables: %v",
	SeveralNetworks:     "Container cannot be connected to network endpoints: %s",
	AliasPredefined:     "network-scoped alias is supported only for containers in user defined networks",
	AddrPredefined:      "user specified IP address is supported on user defined networks only",
	AddrOnAutoSubnet:    "user specified IP address is supported only when connecting to networks with user configured subnets",
	AddrFormat:          "invalid %s address: %s",
	AddrOutside:         "Invalid address %v: It does not belong to any of this network's subnets",
	AddrInUse:           "Address already in use",
	AddrsExhausted:      "no available %s addresses on this network's address pools: %s (%s)",
	EndpointExists:      "endpoint with name %s already exists in network %s",
	ConnectHost:         "container cannot be disconnected from host network or connected to host network",
	ConnectShared:       "container sharing network namespace with another container or host cannot be connected to any other network",
	ConnectPrivate:      "container cannot be connected to multiple networks with one of the networks in private (none) mode",
	NotConnected:        "container %s is not connected to network %s",
	NotConnectedStopped: "container %s is not connected to the network %s",
}
