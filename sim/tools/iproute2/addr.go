package iproute2

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/internal/inet"
)

// An addressSelector says which addresses are shown.
type addressSelector struct {
	selector
	scope string
	to    netip.Prefix
}

// read reads the words of a selector; one that is no word of it is the name of an interface.
func (s *addressSelector) read(words []string, family int) error {
	for args := arguments(words); len(args) > 0; {
		word, _ := args.next()
		var err error
		ok := true
		switch word {
		case "scope":
			if s.scope, err = args.value(); err == nil && !slices.Contains([]string{"host", "link", "global", "all"}, s.scope) {
				err = wrong(s.scope, "invalid \"scope\"")
			}
		case "to":
			var text string
			if text, err = args.value(); err == nil {
				s.to, err = parsePrefix(text, family)
			}
		default:
			ok, err = s.selector.read(word, &args)
		}
		if !ok && err == nil {
			err = s.setDev(word)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// filtered reports whether the selector looks at addresses.
func (s *addressSelector) filtered() bool { return s.scope != "" || s.to.IsValid() }

// A shownAddr is an address of an interface.
type shownAddr struct {
	netip.Prefix
	secondary bool // another one before it is in the same subnet
}

// of returns the addresses of an interface that are selected.
func (s *addressSelector) of(i sim.Interface, family int) (list []shownAddr) {
	for n, a := range i.Addrs {
		secondary := a.Addr().Is4() && slices.ContainsFunc(i.Addrs[:n], func(o netip.Prefix) bool { return o.Masked() == a.Masked() })
		if fits(a.Addr(), family) && (s.scope == "" || s.scope == "all" || s.scope == scopeOf(a.Addr())) &&
			(!s.to.IsValid() || s.to.Bits() <= a.Bits() && s.to.Contains(a.Addr())) {
			list = append(list, shownAddr{a, secondary})
		}
	}
	return list
}

// scopeOf is that of rtnetlink(7): of IPv4 only loopback addresses have another than global,
// as 169.254.0.0/16 is what its network is.
func scopeOf(a netip.Addr) string {
	switch {
	case a.IsLoopback():
		return "host"
	case a.IsLinkLocalUnicast() && a.Is6():
		return "link"
	}
	return "global"
}

// showAddresses is ip address show.
func (p *ip) showAddresses(words []string) error {
	var s addressSelector
	if err := s.read(words, p.family); err != nil {
		return err
	}
	links, err := p.links(s.selector)
	if err != nil {
		return err
	}
	var objects []fields
	for _, l := range links {
		addrs := s.of(l.Interface, p.family)
		if len(addrs) == 0 && (p.family != 0 || s.filtered() || p.single && !p.brief && !p.json) {
			continue
		}
		if p.json {
			objects = append(objects, p.addressFields(l, addrs))
		} else {
			p.printAddresses(l, addrs, &s)
		}
	}
	if p.json {
		p.printJSON(objects)
	}
	return nil
}

func (p *ip) printAddresses(l shownLink, addrs []shownAddr, s *addressSelector) {
	switch {
	case p.brief:
		p.Printf("%-16s %-14s ", shownName(l, true), stateOf(l.Interface))
		for _, a := range addrs {
			p.Printf("%s ", a)
		}
		p.Printf("\n")
	case p.single:
		for _, a := range addrs {
			p.record(fmt.Sprintf("%d: %s", l.Index, l.Name) + addressLines(l.Interface, a))
		}
	default:
		short := p.family == 6 && s.dev == "" // a list that the kernel's IPv6 makes
		head := linkLines(l, false, short)
		if p.family != 0 || s.filtered() { // without what is of Ethernet
			head, _, _ = strings.Cut(head, "\n")
			if l.Peer != 0 && !short {
				head += fmt.Sprintf(" link-netnsid %d", l.netns)
			}
			head += "\n"
		}
		p.Printf("%s", head)
		for _, a := range addrs {
			p.Printf("%s", addressLines(l.Interface, a))
		}
		p.Printf("%s", p.statLines(l.Interface))
	}
}

// addressLines returns the lines of an address. Those of IPv6 end with a space, as there is no
// label to follow. Nothing here has a lifetime.
func addressLines(i sim.Interface, a shownAddr) string {
	var b strings.Builder
	if a.Addr().Is6() {
		fmt.Fprintf(&b, "    inet6 %s scope %s \n", a, scopeOf(a.Addr()))
	} else {
		fmt.Fprintf(&b, "    inet %s ", a)
		if brd := broadcastOf(i, a.Prefix); brd != "" {
			fmt.Fprintf(&b, "brd %s ", brd)
		}
		fmt.Fprintf(&b, "scope %s ", scopeOf(a.Addr()))
		if a.secondary {
			b.WriteString("secondary ")
		}
		fmt.Fprintf(&b, "%s\n", i.Name)
	}
	b.WriteString("       valid_lft forever preferred_lft forever\n")
	return b.String()
}

// broadcastOf returns the broadcast address of an interface, "" if it has none.
func broadcastOf(i sim.Interface, p netip.Prefix) string {
	if b := inet.Broadcast(p); b.IsValid() && !i.NoBroadcast {
		return b.String()
	}
	return ""
}

func (p *ip) addressFields(l shownLink, addrs []shownAddr) fields {
	infos := []fields{}
	for _, a := range addrs {
		var f fields
		if p.brief {
			infos = append(infos, fields{{"local", a.Addr().String()}, {"prefixlen", a.Bits()}})
			continue
		}
		family := "inet"
		if a.Addr().Is6() {
			family = "inet6"
		}
		f.add("family", family)
		f.add("local", a.Addr().String())
		f.add("prefixlen", a.Bits())
		f.add("broadcast", broadcastOf(l.Interface, a.Prefix))
		f.add("scope", scopeOf(a.Addr()))
		if a.secondary {
			f.add("secondary", true)
		}
		if a.Addr().Is4() {
			f.add("label", l.Name)
		}
		f.add("valid_life_time", uint32(1<<32-1))
		f.add("preferred_life_time", uint32(1<<32-1))
		infos = append(infos, f)
	}
	if p.brief {
		return append(briefOf(l), field{"addr_info", infos})
	}
	return append(append(p.linkFields(l, false), field{"addr_info", infos}), p.statFields(l.Interface)...)
}

// changeAddress is ip address add, change, replace and del. An address has no properties that
// could be changed, so change and replace add those that are not there.
func changeAddress(how string) func(p *ip, words []string) error {
	return func(p *ip, words []string) error {
		addr, dev, err := p.parseAddress(words)
		if err != nil {
			return err
		}
		i, err := p.link(dev)
		if err != nil {
			return err
		}
		return p.change(func(m administrator) error {
			switch {
			case how == "del":
				return m.DeleteAddr(dev, addr)
			case how == "replace" && slices.Contains(i.Addrs, addr):
				return m.SetMTU(dev, i.MTU) // nothing, but not for everyone
			}
			return m.AddAddr(dev, addr)
		})
	}
}

// parseAddress reads what follows add and del.
func (p *ip) parseAddress(words []string) (addr netip.Prefix, dev string, err error) {
	for args := arguments(words); len(args) > 0 && err == nil; {
		word, _ := args.next()
		switch word {
		case "dev":
			dev, err = args.value()
		case "scope", "broadcast", "brd":
			var text string
			if text, err = args.value(); err == nil && word != "scope" && text != "+" && text != "-" {
				_, err = parseAddr(text, 4)
			}
		default:
			if word == "local" {
				if word, err = args.value(); err != nil {
					break
				}
			}
			if addr.IsValid() {
				return addr, dev, duplicate("local", word)
			}
			addr, err = parsePrefix(word, p.family)
		}
	}
	switch {
	case err != nil:
	case dev == "":
		err = fail(1, `Not enough information: "dev" argument is required.`)
	case !addr.IsValid():
		err = fail(2, "RTNETLINK answers: Invalid argument")
	}
	return addr, dev, err
}

// flushAddresses is ip address flush.
func (p *ip) flushAddresses(words []string) error {
	if len(words) == 0 {
		return fail(1, "Flush requires arguments.")
	}
	var s addressSelector
	if err := s.read(words, p.family); err != nil {
		return err
	}
	links, err := p.links(s.selector)
	if err != nil {
		return err
	}
	for _, l := range links {
		for _, a := range s.of(l.Interface, p.family) {
			if err := p.change(func(m administrator) error { return m.DeleteAddr(l.Name, a.Prefix) }); err != nil {
				return err
			}
		}
	}
	return nil
}
