package sim

// Sysctl returns the value of a kernel setting, as "sysctl -n KEY" prints it: see SetSysctl.
func (m *Machine) Sysctl(key string) (string, error) {
	if _, _, err := m.open("read sysctl"); err != nil {
		return "", err
	}
	return m.settings.get(key)
}

// SetSysctl changes a kernel setting, as "sysctl -w KEY=VALUE" does:
//
//	net.ipv4.ip_forward           1: IPv4 packets are routed that are not for the machine
//	net.ipv6.conf.all.forwarding  the same for IPv6
//	net.ipv4.conf.all.rp_filter   which IPv4 packets may arrive: 0 all, 1 those whose source is
//	                              reached by the interface that they came by, 2 those whose
//	                              source is reached at all
//
// All are 0 at first. Docker turns the first on when it starts, the second with the first
// network that has IPv6. The error is an *Error with sysctl's words that wraps ErrNotFound
// for another key and ErrAddress for a value that the setting cannot have.
func (m *Machine) SetSysctl(key, value string) error {
	if _, _, err := m.open("set sysctl"); err != nil {
		return err
	}
	return m.settings.set(key, value)
}
