package sim

// A Sysctl is a kernel setting with its value.
type Sysctl struct{ Key, Value string }

// Sysctl returns the value of a kernel setting, as "sysctl -n KEY" prints it: see SetSysctl.
func (ns *Netns) Sysctl(key string) (string, error) {
	space, _, err := ns.open("read sysctl")
	if err != nil {
		return "", err
	}
	return space.settings.get(key)
}

// Sysctls returns all settings that there are, by key, as "sysctl -a" does. There are none
// while the owner is not running.
func (ns *Netns) Sysctls() []Sysctl {
	space, _, err := ns.open("list sysctls")
	if err != nil {
		return nil
	}
	return space.settings.list()
}

// SetSysctl changes a kernel setting, as "sysctl -w KEY=VALUE" does. Those that can be
// changed are
//
//	net.ipv4.ip_forward                   1: IPv4 packets are routed that are not for the machine
//	net.ipv4.conf.all.forwarding          the same
//	net.ipv6.conf.all.forwarding          the same for IPv6
//	net.ipv4.conf.*.rp_filter             which IPv4 packets may arrive: 0 all, 1 those whose source is
//	                                      reached by the interface that they came by, 2 those whose
//	                                      source is reached at all
//	net.ipv4.conf.*.log_martians          without effect: there is no log of the kernel
//	net.ipv4.conf.*.route_localnet        1: packets for 127/8 may arrive at the interface
//	net.ipv4.icmp_echo_ignore_all         1: pings are not answered
//	net.ipv4.icmp_echo_ignore_broadcasts  0: pings of all on a network are answered
//	net.ipv4.ip_default_ttl               of what is sent, 1 to 255
//	net.ipv4.ip_local_port_range          "FIRST LAST" of the ports that programs get
//	net.bridge.bridge-nf-call-iptables    0: IPv4 between containers of a network is not shown to the firewall
//	net.bridge.bridge-nf-call-ip6tables   the same for IPv6
//	net.netfilter.nf_conntrack_udp_timeout  for how many seconds a machine's firewall knows a connection after
//	                                      its last packet; so …_udp_timeout_stream and what else conntrack has
//
// The star is the name of an interface, or "all" for rp_filter, which and route_localnet a
// container without the host's network only reads. Forwarding is off at first, for IPv6 also in
// containers; for IPv4 these have what the host has when they start. Docker turns the first on
// when it starts, that of IPv6 with the first network that has IPv6, and those of bridges with each
// network without ICC.
//
// Sysctls returns those that can only be read, too. A container sees /proc/sys, in which the
// settings are, read-only unless it is privileged. The error is an *Error with sysctl's words
// that wraps ErrNotFound for another key, ErrAddress for a value that the setting cannot have,
// and ErrPermission for one that cannot be set.
func (ns *Netns) SetSysctl(key, value string) error {
	space, _, err := ns.open("set sysctl")
	if err != nil {
		return err
	}
	if ns.rights != nil && !ns.rights().sysctls {
		if _, err := space.settings.get(key); err != nil {
			return errNoSysctl("set sysctl", key)
		}
		return errReadOnly(key)
	}
	return space.settings.set(key, value)
}
