package nettools

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/command"
)

// A configurable is a machine whose interfaces can be changed.
type configurable interface {
	AddAddr(dev string, addr netip.Prefix) error
	DeleteAddr(dev string, addr netip.Prefix) error
	SetUp(dev string, up bool) error
	SetMTU(dev string, mtu int) error
}

// A change is what ifconfig does to an interface by one ioctl.
type change struct {
	ioctl string
	do    func(configurable) error
}

// configure changes an interface word by word, as ifconfig does.
func configure(ctx context.Context, c *command.Call, i sim.Interface, words []string) (status int) {
	changes, status := parseChanges(ctx, c, i, words)
	if status != 0 {
		return status
	}
	m, ok := c.Machine.(configurable)
	for _, ch := range changes {
		if !ok {
			return c.Fail(255, "%s: Operation not permitted\n", ch.ioctl)
		}
		if err := ch.do(m); err != nil {
			return c.Fail(255, "%s: %s\n", ch.ioctl, strerror(err))
		}
	}
	return 0
}

// parseChanges reads the words behind the interface. Any word that is none of ifconfig's is the
// name of a host, whose address the interface gets.
func parseChanges(ctx context.Context, c *command.Call, i sim.Interface, words []string) (list []change, status int) {
	var addr netip.Prefix
	for ; len(words) > 0; words = words[1:] {
		word := words[0]
		if (word == "mtu" || word == "netmask" || word == "broadcast") && len(words) < 2 {
			return nil, c.Fail(1, "ifconfig: option `%s' needs an argument\n"+seeHelp, word)
		}
		switch word {
		case "up", "down":
			list = append(list, change{"SIOCSIFFLAGS", func(m configurable) error { return m.SetUp(i.Name, word == "up") }})
		case "mtu":
			mtu, err := strconv.Atoi(words[1])
			if err != nil {
				return nil, c.Fail(1, "ifconfig: bad MTU `%s'\n", words[1])
			}
			list = append(list, change{"SIOCSIFMTU", func(m configurable) error { return m.SetMTU(i.Name, mtu) }})
			words = words[1:]
		case "netmask":
			bits, ok := prefixOf(words[1])
			if !ok {
				return nil, c.Fail(1, "%s: Unknown host\n"+seeHelp, words[1])
			}
			if !addr.IsValid() {
				addr = firstIPv4(i)
			}
			addr = netip.PrefixFrom(addr.Addr(), bits)
			words = words[1:]
		case "broadcast": // which follows from the mask
			words = words[1:]
		default:
			host, length, hasLength := strings.Cut(word, "/")
			a, ok := resolve(ctx, c, host)
			if !ok {
				return nil, c.Fail(1, "%s: Unknown host\n"+seeHelp, word)
			}
			bits := classBits(a)
			if hasLength {
				n, err := strconv.ParseUint(length, 10, 6)
				if err != nil || n > 32 {
					return nil, c.Fail(1, "%s: Unknown host\n"+seeHelp, word)
				}
				bits = int(n)
			}
			addr = netip.PrefixFrom(a, bits)
		}
	}
	if addr.IsValid() {
		list = append(list, change{"SIOCSIFADDR", func(m configurable) error { return setAddr(m, i, addr) }},
			change{"SIOCSIFFLAGS", func(m configurable) error { return m.SetUp(i.Name, true) }}) // ifconfig brings up what gets an address
	}
	return list, 0
}

func firstIPv4(i sim.Interface) netip.Prefix {
	if at := slices.IndexFunc(i.Addrs, func(p netip.Prefix) bool { return p.Addr().Is4() }); at >= 0 {
		return i.Addrs[at]
	}
	return netip.Prefix{}
}

// setAddr gives the interface its first IPv4 address in the place of another one.
func setAddr(m configurable, i sim.Interface, addr netip.Prefix) error {
	old := firstIPv4(i)
	if old == addr {
		return m.SetUp(i.Name, true)
	}
	if old.IsValid() {
		if err := m.DeleteAddr(i.Name, old); err != nil {
			return err
		}
	}
	return m.AddAddr(i.Name, addr)
}
