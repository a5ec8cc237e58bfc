package sim

import (
	"strconv"
	"strings"
	"sync"

	"drydock/sim/internal/netstack"
	"drydock/sim/internal/router"
)

// sysctls are the settings that a Machine has, by key, with the highest value of each. All
// of them are 0 at first.
var sysctls = map[string]struct {
	max int
	set func(*netstack.Stack, int) error
}{
	"net.ipv4.ip_forward":          {1, func(s *netstack.Stack, v int) error { return s.SetForwarding(v > 0) }},
	"net.ipv6.conf.all.forwarding": {1, func(s *netstack.Stack, v int) error { return s.SetForwarding6(v > 0) }},
	"net.ipv4.conf.all.rp_filter": {int(router.RPLoose), func(s *netstack.Stack, v int) error {
		s.SetRPFilter(0, router.RPFilter(v))
		return nil
	}},
}

// A settings keeps what the sysctls of a machine were set to.
type settings struct {
	mu     sync.Mutex
	values map[string]int // +checklocks:mu
}

// Sysctl returns the value of a kernel setting, as "sysctl -n KEY" prints it: see SetSysctl.
func (m *Machine) Sysctl(key string) (string, error) {
	if _, ok := sysctls[key]; !ok {
		return "", errNoSysctl(key)
	}
	m.settings.mu.Lock()
	defer m.settings.mu.Unlock()
	return strconv.Itoa(m.settings.values[key]), nil
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
	s, ok := sysctls[key]
	if !ok {
		return errNoSysctl(key)
	}
	v, err := strconv.Atoi(value)
	if err != nil || v < 0 || v > s.max {
		return errorf("set sysctl", key, ErrAddress, "sysctl: setting key %q: Invalid argument", key)
	}
	space, _, err := m.open("set sysctl")
	if err != nil {
		return err
	}
	m.settings.mu.Lock()
	defer m.settings.mu.Unlock()
	if err := s.set(space.stack, v); err != nil {
		return err
	}
	m.settings.values[key] = v
	return nil
}

func errNoSysctl(key string) *Error {
	return errorf("set sysctl", key, ErrNotFound, "sysctl: cannot stat /proc/sys/%s: No such file or directory", strings.ReplaceAll(key, ".", "/"))
}
