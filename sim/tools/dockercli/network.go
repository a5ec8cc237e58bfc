package dockercli

import (
	"errors"
	"strings"

	"drydock/sim/dockerapi"

	"github.com/spf13/pflag"
)

// networkFlags are the flags of docker network create.
type networkFlags struct {
	driver, ipamDriver         *string
	subnets                    *[]string
	ranges, gateways           func() []string
	internal, ipv6, attachable *bool
	ipv4                       *bool // nil: not asked for
	configOnly                 *bool
	configFrom                 *string
	labels                     *[]string
	options, reserved          map[string]string
}

// createNetwork is docker network create. What docker checks itself, how gateways and ranges
// go with subnets, is without "Error response from daemon".
func (d *docker) createNetwork(f *pflag.FlagSet) action {
	flags := networkFlags{
		driver:     f.StringP("driver", "d", "bridge", "Driver to manage the Network"),
		ipamDriver: f.String("ipam-driver", "default", "IP Address Management Driver"),
		subnets:    f.StringSlice("subnet", nil, "Subnet in CIDR format that represents a network segment"),
		internal:   f.Bool("internal", false, "Restrict external access to the network"),
		ipv6:       f.Bool("ipv6", false, "Enable IPv6 networking"),
		attachable: f.Bool("attachable", false, "Enable manual container attachment"),
		configOnly: f.Bool("config-only", false, "Create a configuration only network"),
		configFrom: f.String("config-from", "", "The network from which to copy the configuration"),
		labels:     multi(f, "label", "", "Set metadata on a network", checkLabel),
		options:    stringMap(f, "opt", "o", "Set driver specific options", nil),
		reserved:   stringMap(f, "aux-address", "", "Auxiliary IPv4 or IPv6 addresses used by Network driver", nil),
	}
	flags.ranges, flags.gateways = d.release.addrLists(f)
	if d.release.since28 {
		flags.ipv4 = f.Bool("ipv4", true, "Enable or disable IPv4 address assignment")
		f.Lookup("ipv6").Usage = "Enable or disable IPv6 address assignment"
	}
	refuse(f,
		unsupported{"ingress", "", "bool", "", "Create swarm routing-mesh network"},
		unsupported{"ipam-opt", "", "map", "map[]", "Set IPAM driver specific options"},
		unsupported{"scope", "", "string", "", "Control the network's scope"},
	)
	return func(args []string) error {
		create, err := flags.parse(d, args[0])
		if flags.ipv4 != nil && f.Changed("ipv4") {
			create.EnableIPv4 = flags.ipv4
		}
		if err != nil {
			return err
		}
		var made dockerapi.NetworkCreated
		if err := d.api.post(d.ctx, "/networks/create", nil, create, &made); err != nil {
			return err
		}
		d.Printf("%s\n", made.ID)
		return nil
	}
}

// parse returns what is asked of the daemon.
func (n networkFlags) parse(d *docker, name string) (c dockerapi.NetworkCreate, err error) {
	config, err := d.release.ipamConfig(*n.subnets, n.ranges(), n.gateways(), n.reserved)
	if err != nil {
		return c, err
	}
	labels, err := d.readLabels(nil, *n.labels)
	var from *dockerapi.ConfigReference
	if *n.configFrom != "" {
		from = &dockerapi.ConfigReference{Network: *n.configFrom}
	}
	return dockerapi.NetworkCreate{
		ConfigOnly: *n.configOnly, ConfigFrom: from,
		Name: name, CheckDuplicate: true, Driver: *n.driver, EnableIPv6: *n.ipv6,
		IPAM:     dockerapi.IPAM{Driver: *n.ipamDriver, Options: map[string]string{}, Config: config},
		Internal: *n.internal, Attachable: *n.attachable, Options: n.options, Labels: labels,
	}, err
}

// removeNetworks is docker network rm, which tells of each failure at its place.
func (d *docker) removeNetworks(*pflag.FlagSet) action {
	return func(names []string) error {
		status := error(nil)
		for _, name := range names {
			if err := orMissing(d.api.remove(d.ctx, "/networks/"+name, nil), "network", name); err != nil {
				d.Errorf("%v\n", err)
				status = statusError{1, map[bool]string{true: "exit status 1"}[d.release.since28]}
				continue
			}
			d.Printf("%s\n", name)
		}
		return status
	}
}

// connect is docker network connect.
func (d *docker) connect(f *pflag.FlagSet) action {
	ip, ip6 := d.release.addrFlag(f, "ip", "IPv4 address (e.g., 172.30.100.104)"), d.release.addrFlag(f, "ip6", "IPv6 address (e.g., 2001:db8::33)")
	aliases := f.StringSlice("alias", nil, "Add network-scoped alias for the container")
	links := multi(f, "link", "", "Add link to another container", checkLink)
	options := f.StringSlice("driver-opt", nil, "driver options for the network")
	priority := new(int)
	if d.release.since28 {
		f.IntVar(priority, "gw-priority", 0, "Highest gw-priority provides the default gateway. Accepts positive and negative values.")
	}
	refuse(f, unsupported{"link-local-ip", "", "strings", "", "Add a link-local address for the container"})
	return func(args []string) error {
		driver, err := driverOptions(*options)
		if err != nil {
			return err
		}
		return d.api.post(d.ctx, "/networks/"+args[0]+"/connect", nil, dockerapi.NetworkConnect{
			Container: args[1],
			EndpointConfig: &dockerapi.EndpointConfig{
				IPAMConfig: &dockerapi.EndpointIPAMConfig{IPv4Address: *ip, IPv6Address: *ip6}, Links: *links, Aliases: orEmpty(*aliases),
				DriverOpts: driver, GwPriority: *priority,
			},
		}, nil)
	}
}

// driverOptions returns options of the driver, "K=V".
func driverOptions(list []string) (map[string]string, error) {
	all := make(map[string]string)
	for _, o := range list {
		key, v, ok := strings.Cut(o, "=")
		if !ok || key == "" {
			return nil, errors.New("invalid key/value pair format in driver options")
		}
		all[key] = v
	}
	return all, nil
}

// disconnect is docker network disconnect.
func (d *docker) disconnect(f *pflag.FlagSet) action {
	force := f.BoolP("force", "f", false, "Force the container to disconnect from a network")
	return func(args []string) error {
		return d.api.post(d.ctx, "/networks/"+args[0]+"/disconnect", nil, dockerapi.NetworkDisconnect{Container: args[1], Force: *force}, nil)
	}
}
