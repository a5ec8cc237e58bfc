package sim

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// The keys of sysctls that Docker sets.
const (
	ipForward  = "net.ipv4.ip_forward"
	ipForward6 = "net.ipv6.conf.all.forwarding"
)

// A setting is what a key of /proc/sys/net stands for. In a key with "*" that is "all",
// "default" or the name of an interface.
type setting struct {
	key string
	// Both are called with settings.mu held. A get of "" is a setting that is not there; set is
	// nil if it can only be read.
	get func(s *settings, dev string) string
	set func(s *settings, k settingKey, value string) error
}

// A settingKey is a key with what stands in it for "*".
type settingKey struct{ full, dev string }

// settingsTable has all keys, in order.
var settingsTable = append([]setting{
	{bridgeCall6, getBridged(bridged6), setBridged(bridged6)},
	{bridgeCall, getBridged(bridged4), setBridged(bridged4)},
	{"net.core.somaxconn", fixed("4096"), nil},
	{"net.ipv4.conf.*.accept_redirects", getRedirects, nil},
	{"net.ipv4.conf.*.arp_accept", fixed("0"), nil},
	{"net.ipv4.conf.*.arp_announce", fixed("0"), nil},
	{"net.ipv4.conf.*.arp_evict_nocarrier", fixed("1"), nil},
	{"net.ipv4.conf.*.arp_filter", fixed("0"), nil},
	{"net.ipv4.conf.*.arp_ignore", fixed("0"), nil},
	{"net.ipv4.conf.*.arp_notify", fixed("0"), nil},
	{"net.ipv4.conf.*.forwarding", getForward4, setForward4},
	{"net.ipv4.conf.*.log_martians", getMartians, setMartians},
	{"net.ipv4.conf.*.route_localnet", getLocalnet, setLocalnet},
	{"net.ipv4.conf.*.rp_filter", getRPFilter, setRPFilter},
	{"net.ipv4.conf.*.send_redirects", fixed("1"), nil},
	{"net.ipv4.icmp_echo_ignore_all", getEcho, setEcho},
	{"net.ipv4.icmp_echo_ignore_broadcasts", getEchoBroadcasts, setEchoBroadcasts},
	{"net.ipv4.icmp_ratelimit", fixed("1000"), nil},
	{"net.ipv4.ip_default_ttl", getTTL, setTTL},
	{ipForward, getForward4, setForward4},
	{"net.ipv4.ip_forward_update_priority", fixed("1"), nil},
	{"net.ipv4.ip_forward_use_pmtu", fixed("0"), nil},
	{"net.ipv4.ip_local_port_range", getPortRange, setPortRange},
	{"net.ipv4.ip_unprivileged_port_start", getUnprivileged, nil},
	{"net.ipv4.ping_group_range", getPingGroups, nil},
	{"net.ipv4.tcp_syn_retries", fixed("6"), nil},
	{"net.ipv6.conf.*.accept_redirects", fixed("1"), nil},
	{"net.ipv6.conf.*.disable_ipv6", getDisabled6, setDisabled6},
	{"net.ipv6.conf.*.forwarding", getForward6, setForward6},
}, conntrackSettings...)

// A settings keeps what the sysctls of a namespace were set to. The stack is not asked: it
// keeps what it was told for each interface, not for all.
type settings struct {
	space  *namespace
	making atomic.Bool // the namespace is being made

	mu       sync.Mutex
	forward4 string // +checklocks:mu
	forward6 string // +checklocks:mu
	ttl      string // +checklocks:mu
	// By index of the interface, 0 is all.
	rpFilter map[int]int // +checklocks:mu
	localnet map[int]int // +checklocks:mu
	martians map[int]int // +checklocks:mu
}

func newSettings(space *namespace) *settings {
	return &settings{
		space: space, forward4: "0", forward6: "0", ttl: "64",
		rpFilter: make(map[int]int), localnet: make(map[int]int), martians: make(map[int]int),
	}
}

// inherit gives a new namespace what it has from the one in which Docker runs: Linux copies
// the settings of IPv4 interfaces, and IPv4 is forwarded by one of those.
func (s *settings) inherit(from *settings) error {
	for _, key := range []string{ipForward, "net.ipv4.conf.all.rp_filter"} {
		v, err := from.get(key)
		if err == nil && v != "0" {
			err = s.set(key, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// forget forgets an interface that has gone.
func (s *settings) forget(index int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rpFilter, index)
	delete(s.localnet, index)
	delete(s.martians, index)
}

// find returns the setting of a key. What stands there for "*" must be "all", "default" or an
// interface. It asks for interfaces, and so must be called without settings.mu.
func (s *settings) find(key string) (c setting, k settingKey, ok bool) {
	for _, c := range settingsTable {
		before, after, wild := strings.Cut(c.key, "*")
		switch {
		case !wild && key == c.key:
			return c, settingKey{full: key}, true
		case wild && len(key) > len(c.key)-1 && strings.HasPrefix(key, before) && strings.HasSuffix(key, after):
			dev := key[len(before) : len(key)-len(after)]
			known := dev == "all" || dev == "default" || slices.Contains(s.devices(), dev) // a host has thousands
			return c, settingKey{key, dev}, known
		}
	}
	return setting{}, settingKey{}, false
}

// devices returns what may stand for "*", sorted.
func (s *settings) devices() []string {
	list := []string{"all", "default"}
	for _, i := range s.space.interfaces() {
		list = append(list, i.Name)
	}
	slices.Sort(list)
	return list
}

func (s *settings) get(key string) (string, error) {
	c, k, ok := s.find(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ok {
		if v := c.get(s, k.dev); v != "" {
			return v, nil
		}
	}
	return "", errNoSysctl("read sysctl", key)
}

// list returns all keys with values.
func (s *settings) list() []Sysctl {
	devices := s.devices()
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Sysctl
	for _, c := range settingsTable {
		before, after, wild := strings.Cut(c.key, "*")
		if !wild {
			if v := c.get(s, ""); v != "" {
				all = append(all, Sysctl{c.key, v})
			}
			continue
		}
		for _, dev := range devices {
			all = append(all, Sysctl{before + dev + after, c.get(s, dev)})
		}
	}
	slices.SortFunc(all, func(a, b Sysctl) int { return strings.Compare(a.Key, b.Key) })
	return all
}

// settable reports whether a key that there is can be set.
func settable(key string) bool {
	return slices.ContainsFunc(settingsTable, func(c setting) bool {
		return c.matches(key) && c.set != nil
	})
}

// matches reports whether a key is the setting's, of whatever interface.
func (c setting) matches(key string) bool {
	before, after, wild := strings.Cut(c.key, "*")
	return key == c.key || wild && strings.HasPrefix(key, before) && strings.HasSuffix(key, after)
}

// set refuses in sysctl's words what it does not know and what cannot be set.
func (s *settings) set(key, value string) error {
	c, k, ok := s.find(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !ok || c.get(s, k.dev) == "":
		return errNoSysctl("set sysctl", key)
	case slices.Equal(strings.Fields(c.get(s, k.dev)), strings.Fields(value)) && c.set == nil:
		return nil
	case c.set == nil:
		return errReadOnly(key)
	}
	return c.set(s, k, value)
}

func errNoSysctl(op, key string) *Error {
	return errorf(op, key, ErrNotFound, "sysctl: cannot stat /proc/sys/%s: No such file or directory", strings.ReplaceAll(key, ".", "/"))
}

func errReadOnly(key string) *Error {
	return errorf("set sysctl", key, ErrPermission, "sysctl: permission denied on key %q", key)
}

func errSetting(key string) *Error {
	return errorf("set sysctl", key, ErrAddress, "sysctl: setting key %q: Invalid argument", key)
}
