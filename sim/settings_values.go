package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"drydock/sim/internal/netstack"
	"drydock/sim/internal/router"
)

// number returns a value that has bounds.
func number(k settingKey, value string, least, most int) (int, error) {
	v, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || v < least || v > most {
		return 0, errSetting(k.full)
	}
	return v, nil
}

func fixed(value string) func(*settings, string) string {
	return func(*settings, string) string { return value }
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// getRedirects tells what forwarding makes of it: who forwards IPv4 takes no redirects at all,
// and the interfaces keep what they had.
//
// +checklocks:s.mu
func getRedirects(s *settings, dev string) string {
	return flag(dev != "all" || s.forward4 == "0")
}

// getUnprivileged is what Docker sets in the containers of releases from 20.10 on. All processes
// are root's here, to whom it does not matter.
func getUnprivileged(s *settings, _ string) string {
	if s.space.anyPort {
		return "0"
	}
	return "1024"
}

// getPingGroups is what systemd sets, and Docker in the containers of releases from 20.10 on. Linux has nobody.
func getPingGroups(s *settings, _ string) string {
	if s.space.enable != nil && !s.space.anyPort {
		return "1\t0"
	}
	return "0\t2147483647"
}

// +checklocks:s.mu
func getForward4(s *settings, _ string) string { return s.forward4 }

// +checklocks:s.mu
func getForward6(s *settings, _ string) string { return s.forward6 }

// +checklocks:s.mu
func setForward4(s *settings, k settingKey, value string) error {
	return setForward(k, value, &s.forward4, s.space.stack.SetForwarding)
}

// +checklocks:s.mu
func setForward6(s *settings, k settingKey, value string) error {
	return setForward(k, value, &s.forward6, s.space.stack.SetForwarding6)
}

// setForward refuses the settings of single interfaces: what is forwarded is decided for all
// of them together.
func setForward(k settingKey, value string, is *string, set func(on bool) error) error {
	v, err := number(k, value, 0, 1)
	switch {
	case err != nil:
		return err
	case k.dev != "" && k.dev != "all":
		return errReadOnly(k.full)
	}
	if err := set(v > 0); err != nil {
		return err
	}
	*is = flag(v > 0)
	return nil
}

// +checklocks:s.mu
func getTTL(s *settings, _ string) string { return s.ttl }

// +checklocks:s.mu
func setTTL(s *settings, k settingKey, value string) error {
	v, err := number(k, value, 1, 255)
	if err != nil {
		return err
	}
	if err := s.space.stack.SetDefaultTTL(uint8(v)); err != nil {
		return err
	}
	s.ttl = strconv.Itoa(v)
	return nil
}

func getEcho(s *settings, _ string) string { return flag(s.space.stack.EchoIgnore().All) }

func setEcho(s *settings, k settingKey, value string) error {
	return s.changeEcho(k, value, func(e *netstack.EchoIgnore, on bool) { e.All = on })
}

func getEchoBroadcasts(s *settings, _ string) string {
	return flag(s.space.stack.EchoIgnore().Broadcasts)
}

func setEchoBroadcasts(s *settings, k settingKey, value string) error {
	return s.changeEcho(k, value, func(e *netstack.EchoIgnore, on bool) { e.Broadcasts = on })
}

func (s *settings) changeEcho(k settingKey, value string, change func(*netstack.EchoIgnore, bool)) error {
	v, err := number(k, value, 0, 1)
	if err != nil {
		return err
	}
	e := s.space.stack.EchoIgnore()
	change(&e, v > 0)
	s.space.stack.SetEchoIgnore(e)
	return nil
}

func getPortRange(s *settings, _ string) string {
	first, last := s.space.stack.PortRange()
	return fmt.Sprintf("%d\t%d", first, last)
}

func setPortRange(s *settings, k settingKey, value string) error {
	fields := strings.Fields(value)
	if len(fields) != 2 {
		return errSetting(k.full)
	}
	first, err := number(k, fields[0], 1, 65535)
	if err != nil {
		return err
	}
	last, err := number(k, fields[1], first, 65535)
	if err != nil {
		return err
	}
	return s.space.stack.SetPortRange(uint16(first), uint16(last))
}

// +checklocks:s.mu
func getRPFilter(s *settings, dev string) string { return s.valueOf(s.rpFilter, dev) }

// +checklocks:s.mu
func setRPFilter(s *settings, k settingKey, value string) error {
	return s.setOf(s.rpFilter, k, value, int(router.RPLoose), func(index, v int) bool {
		return s.space.stack.SetRPFilter(index, router.RPFilter(v))
	})
}

// +checklocks:s.mu
func getLocalnet(s *settings, dev string) string { return s.valueOf(s.localnet, dev) }

// +checklocks:s.mu
func setLocalnet(s *settings, k settingKey, value string) error {
	return s.setOf(s.localnet, k, value, 1, func(index, v int) bool { return s.space.stack.SetRouteLocalnet(index, v > 0) })
}

// +checklocks:s.mu
func getMartians(s *settings, dev string) string { return s.valueOf(s.martians, dev) }

// setMartians notes what has no effect, as there is no log of the kernel.
//
// +checklocks:s.mu
func setMartians(s *settings, k settingKey, value string) error {
	return s.setOf(s.martians, k, value, 1, func(int, int) bool { return true })
}

// valueOf returns what was set for an interface or all of them.
func (s *settings) valueOf(values map[int]int, dev string) string {
	if index, ok := s.index(dev); ok {
		return strconv.Itoa(values[index])
	}
	return "0"
}

// setOf sets a value that interfaces have, if the stack takes it: only one that routes does,
// and not for a port of a bridge or for interfaces that are still to be made.
func (s *settings) setOf(values map[int]int, k settingKey, value string, most int, set func(index, v int) bool) error {
	v, err := number(k, value, 0, most)
	if err != nil {
		return err
	}
	index, ok := s.index(k.dev)
	if !ok || !set(index, v) {
		return errReadOnly(k.full)
	}
	values[index] = v
	return nil
}

// index returns the interface that a setting is of, 0 for "all".
func (s *settings) index(dev string) (int, bool) {
	if dev == "all" {
		return 0, true
	}
	index, err := indexOf(s.space.stack, dev)
	return index, err == nil
}

// noteLocalnet notes a setting that Docker has made.
func (s *settings) noteLocalnet(index int, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.localnet[index] = 1
	}
}

// getDisabled6 tells what Docker made of IPv6: in a container it is off but for lo and
// interfaces on networks that have it, on a machine it is on.
func getDisabled6(s *settings, dev string) string {
	is6 := func(p netip.Prefix) bool { return p.Addr().Is6() }
	for _, i := range s.space.stack.Interfaces() {
		if i.Name == dev && slices.ContainsFunc(i.Addrs, is6) {
			return "0"
		}
	}
	if dev == "all" || dev == "default" || dev == "lo" {
		return flag(!s.space.ipv6 && !s.space.loopback6)
	}
	return flag(!s.space.ipv6)
}

// setDisabled6 turns IPv6 off in a namespace that is being made, as --sysctl does. Else it takes what is so.
func setDisabled6(s *settings, k settingKey, value string) error {
	v, err := number(k, value, 0, 1)
	is := flag(v == 1) == getDisabled6(s, k.dev)
	switch {
	case err != nil:
		return err
	case v == 0 && is:
		return nil
	case v == 0 || !is && !s.making.Load():
		return errReadOnly(k.full)
	case !s.making.Load():
		return nil
	}
	s.space.loopback6 = false
	s.space.never6 = s.space.never6 || k.dev != "lo"
	return s.space.stack.SetIPv6(false)
}
