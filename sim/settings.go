package sim

import (
	"strconv"
	"strings"
	"sync"

	"drydock/sim/internal/netstack"
	"drydock/sim/internal/router"
)

// The keys of sysctls.
const (
	ipForward  = "net.ipv4.ip_forward"
	ipForward6 = "net.ipv6.conf.all.forwarding"
	rpFilter   = "net.ipv4.conf.all.rp_filter"
)

// sysctls are the settings that a Machine has, by key, with the highest value of each. All
// of them are 0 at first.
var sysctls = map[string]struct {
	max int
	set func(*netstack.Stack, int) error
}{
	ipForward:  {1, func(s *netstack.Stack, v int) error { return s.SetForwarding(v > 0) }},
	ipForward6: {1, func(s *netstack.Stack, v int) error { return s.SetForwarding6(v > 0) }},
	rpFilter: {int(router.RPLoose), func(s *netstack.Stack, v int) error {
		s.SetRPFilter(0, router.RPFilter(v))
		return nil
	}},
}

// A settings keeps what the sysctls of a stack were set to. The stack is not asked:
// the router keeps what it was told for each interface, not for all.
type settings struct {
	stack *netstack.Stack

	mu     sync.Mutex
	values map[string]int // +checklocks:mu
}

func newSettings(s *netstack.Stack) *settings {
	return &settings{stack: s, values: make(map[string]int)}
}

func (s *settings) get(key string) (string, error) {
	if _, ok := sysctls[key]; !ok {
		return "", errNoSysctl("read sysctl", key)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return strconv.Itoa(s.values[key]), nil
}

// set refuses in sysctl's words what it does not know.
func (s *settings) set(key, value string) error {
	c, ok := sysctls[key]
	if !ok {
		return errNoSysctl("set sysctl", key)
	}
	v, err := strconv.Atoi(value)
	if err != nil || v < 0 || v > c.max {
		return errorf("set sysctl", key, ErrAddress, "sysctl: setting key %q: Invalid argument", key)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := c.set(s.stack, v); err != nil {
		return err
	}
	s.values[key] = v
	return nil
}

func errNoSysctl(op, key string) *Error {
	return errorf(op, key, ErrNotFound, "sysctl: cannot stat /proc/sys/%s: No such file or directory", strings.ReplaceAll(key, ".", "/"))
}
