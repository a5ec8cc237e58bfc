package iproute2

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"drydock/sim"
)

// A selector says which interfaces are shown.
type selector struct {
	dev, master, kind string
	up                bool
}

// selects reads a word of a selector with what follows. It is false if the word is none.
func (s *selector) read(word string, args *arguments) (ok bool, err error) {
	switch word {
	case "up":
		s.up = true
	case "master":
		s.master, err = args.value()
	case "type":
		s.kind, err = args.value()
	case "dev":
		if word, err = args.value(); err == nil {
			err = s.setDev(word)
		}
	default:
		return false, nil
	}
	return true, err
}

func (s *selector) setDev(name string) error {
	if s.dev != "" {
		return duplicate("dev", name)
	}
	s.dev = name
	return nil
}

// A shownLink is an interface with the number of the namespace at the other end of its cable,
// which ip calls link-netnsid.
type shownLink struct {
	sim.Interface
	netns int
}

// links returns the interfaces that are selected. Namespaces count the cables of a host, while
// those of a container all lead to the same one.
func (p *ip) links(s selector) (list []shownLink, err error) {
	all := p.m.Interfaces()
	named := func(name string) bool {
		return slices.ContainsFunc(all, func(i sim.Interface) bool { return i.Name == name })
	}
	switch {
	case s.dev != "" && !named(s.dev):
		return nil, fail(1, `Device "`+s.dev+`" does not exist.`)
	case s.master != "" && !named(s.master):
		return nil, wrong(s.master, "Device does not exist")
	}
	bridges := bridgesOf(p.m)
	isHost, netns := slices.ContainsFunc(all, func(i sim.Interface) bool { return i.Master != "" }), 0
	for _, i := range all {
		if (s.dev == "" || i.Name == s.dev) && (s.master == "" || i.Master == s.master) &&
			(s.kind == "" || kindOf(i, bridges) == s.kind) && (!s.up || i.Up) {
			list = append(list, shownLink{i, netns})
		}
		if i.Peer != 0 && isHost {
			netns++
		}
	}
	return list, nil
}

// kindOf returns the type of an interface, "" of those that have none.
func kindOf(i sim.Interface, bridges []string) string {
	switch {
	case i.Peer != 0:
		return "veth"
	case slices.Contains(bridges, i.Name):
		return "bridge"
	}
	return ""
}

// bridgesOf returns the names of the bridges of a host.
func bridgesOf(m machine) (names []string) {
	if h, ok := m.(interface{ Networks() iter.Seq[*sim.Network] }); ok {
		for n := range h.Networks() {
			names = append(names, n.Device())
		}
	}
	return names
}

// showLinks is ip link show. "mode DEFAULT" is what it alone prints: the link mode of
// RFC 2863, which is not dormant.
func (p *ip) showLinks(words []string) error {
	var s selector
	for args := arguments(words); len(args) > 0; {
		word, _ := args.next()
		if ok, err := s.read(word, &args); err != nil {
			return err
		} else if !ok {
			if err := s.setDev(word); err != nil {
				return err
			}
		}
	}
	list, err := p.links(s)
	if err != nil {
		return err
	}
	var objects []fields
	for _, l := range list {
		switch {
		case p.json && p.brief:
			objects = append(objects, append(briefOf(l), field{"address", macOf(l)}, field{"flags", linkFlags(l.Interface)}))
		case p.json:
			objects = append(objects, append(p.linkFields(l, true), p.statFields(l.Interface)...))
		case p.brief:
			p.Printf("%-16s %-14s %s <%s> \n", shownName(l, true), stateOf(l.Interface), macOf(l), strings.Join(linkFlags(l.Interface), ","))
		default:
			p.record(linkLines(l, true, false) + p.statLines(l.Interface))
		}
	}
	if p.json {
		p.printJSON(objects)
	}
	return nil
}

// record prints lines, with -o as one.
func (p *ip) record(text string) {
	if p.single {
		text = strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\\") + "\n"
	}
	p.Printf("%s", text)
}

// shownName has the index of the other end after the name, which may be in another namespace,
// where the name would say nothing.
func shownName(l shownLink, peer bool) string {
	if l.Peer != 0 && peer {
		return fmt.Sprintf("%s@if%d", l.Name, l.Peer)
	}
	return l.Name
}

func macOf(l shownLink) string {
	if l.Loopback {
		return "00:00:00:00:00:00"
	}
	return l.MAC.String()
}

// stateOf is the operational state of RFC 2863. An interface that hangs on another one, as
// both ends of a veth do, has a word of its own for a carrier that is missing.
func stateOf(i sim.Interface) string {
	switch {
	case !i.Up:
		return "DOWN"
	case i.Loopback:
		return "UNKNOWN" // lo has no carrier to tell
	case i.Running:
		return "UP"
	case i.Peer != 0:
		return "LOWERLAYERDOWN"
	}
	return "DOWN"
}

// linkLines returns an interface without its addresses. Of IPv6 the kernel tells less.
func linkLines(l shownLink, mode, v6 bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d: %s: <%s> mtu %d ", l.Index, shownName(l, true), strings.Join(linkFlags(l.Interface), ","), l.MTU)
	if !v6 {
		b.WriteString("qdisc " + qdiscOf(l) + " ")
	}
	if l.Master != "" {
		fmt.Fprintf(&b, "master %s ", l.Master)
	}
	fmt.Fprintf(&b, "state %s ", stateOf(l.Interface))
	if mode {
		b.WriteString("mode DEFAULT ")
	}
	if !v6 {
		b.WriteString("group default ")
	}
	if queued(l) {
		b.WriteString("qlen 1000")
	}
	b.WriteString("\n")
	if v6 {
		return b.String()
	}
	kind, broadcast := "ether", "ff:ff:ff:ff:ff:ff"
	if l.Loopback {
		kind, broadcast = "loopback", "00:00:00:00:00:00"
	}
	fmt.Fprintf(&b, "    link/%s %s brd %s", kind, macOf(l), broadcast)
	if l.Peer != 0 {
		fmt.Fprintf(&b, " link-netnsid %d", l.netns)
	}
	b.WriteString("\n")
	return b.String()
}

// queued reports whether an interface has a queue with a length: the first qdisc that it is
// given brings one.
func queued(l shownLink) bool { return l.Loopback || l.Qdisc != "" }

// qdiscOf is the kind of the root qdisc. veth, bridges and lo have no queue of their own.
func qdiscOf(l shownLink) string {
	if l.Qdisc == "" {
		return "noqueue"
	}
	return l.Qdisc
}

// linkFlags returns the flags in iproute2's order. LOWER_UP is the carrier; an
// interface that is up and has none has NO-CARRIER in front, which is no flag of the
// kernel.
func linkFlags(i sim.Interface) (flags []string) {
	if i.Up && !i.Running {
		flags = append(flags, "NO-CARRIER")
	}
	if i.Loopback {
		flags = append(flags, "LOOPBACK")
	} else {
		flags = append(flags, "BROADCAST", "MULTICAST")
	}
	if i.Up {
		flags = append(flags, "UP")
	}
	if i.Up && i.Running {
		flags = append(flags, "LOWER_UP")
	}
	return flags
}

func briefOf(l shownLink) (f fields) {
	if l.Peer != 0 {
		f.add("link_index", l.Peer)
	}
	f.add("ifname", l.Name)
	f.add("operstate", stateOf(l.Interface))
	return f
}

func (p *ip) linkFields(l shownLink, mode bool) (f fields) {
	f.add("ifindex", l.Index)
	if l.Peer != 0 {
		f.add("link_index", l.Peer)
	}
	f.add("ifname", l.Name)
	f.add("flags", linkFlags(l.Interface))
	f.add("mtu", l.MTU)
	f.add("qdisc", qdiscOf(l))
	f.add("master", l.Master)
	f.add("operstate", stateOf(l.Interface))
	if mode {
		f.add("linkmode", "DEFAULT")
	}
	f.add("group", "default")
	kind, broadcast := "ether", "ff:ff:ff:ff:ff:ff"
	if l.Loopback {
		kind, broadcast = "loopback", "00:00:00:00:00:00"
	}
	if queued(l) {
		f.add("txqlen", 1000)
	}
	f.add("link_type", kind)
	f.add("address", macOf(l))
	f.add("broadcast", broadcast)
	if l.Peer != 0 {
		f.add("link_netnsid", l.netns)
	}
	return f
}

// statLines returns what -s adds. The columns are as wide as the widest number needs.
func (p *ip) statLines(i sim.Interface) string {
	if p.stats == 0 {
		return ""
	}
	rx := []uint64{i.RxBytes, i.RxPackets, i.RxErrors, i.RxDropped, 0, 0}
	tx := []uint64{i.TxBytes, i.TxPackets, 0, i.TxDropped, 0, 0}
	width := []int{10, 7, 6, 7, 7, 7} // iproute2's least
	for n := range width {
		width[n] = max(width[n], len(strconv.FormatUint(rx[n], 10)), len(strconv.FormatUint(tx[n], 10)))
	}
	var b strings.Builder
	for _, row := range []struct {
		head   string
		titles []string
		values []uint64
	}{
		{"RX", []string{"bytes", "packets", "errors", "dropped", "missed", "mcast"}, rx},
		{"TX", []string{"bytes", "packets", "errors", "dropped", "carrier", "collsns"}, tx},
	} {
		fmt.Fprintf(&b, "    %s: %*s", row.head, width[0]-4, row.titles[0])
		for n, title := range row.titles[1:] {
			fmt.Fprintf(&b, " %*s", width[n+1], title)
		}
		fmt.Fprintf(&b, " %10s\n    ", "")
		for n, v := range row.values {
			fmt.Fprintf(&b, "%*d ", width[n], v)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (p *ip) statFields(i sim.Interface) (f fields) {
	if p.stats > 0 {
		f.add("stats64", fields{
			{"rx", fields{{"bytes", i.RxBytes}, {"packets", i.RxPackets}, {"errors", i.RxErrors}, {"dropped", i.RxDropped}, {"over_errors", 0}, {"multicast", 0}}},
			{"tx", fields{{"bytes", i.TxBytes}, {"packets", i.TxPackets}, {"errors", 0}, {"dropped", i.TxDropped}, {"carrier_errors", 0}, {"collisions", 0}}},
		})
	}
	return f
}

// setLink is ip link set.
func (p *ip) setLink(words []string) error {
	dev, mtu := "", 0
	var up *bool
	for args := arguments(words); len(args) > 0; {
		word, _ := args.next()
		switch word {
		case "up", "down":
			state := word == "up"
			up = &state
			continue
		case "mtu":
			text, err := args.value()
			if err != nil {
				return err
			}
			if mtu, err = strconv.Atoi(text); err != nil || mtu < 0 {
				return wrong(text, `Invalid "mtu" value`)
			}
			continue
		case "dev":
			var err error
			if word, err = args.value(); err != nil {
				return err
			}
		}
		if dev != "" {
			return duplicate("dev", word)
		}
		dev = word
	}
	if dev == "" {
		return fail(exit, `Not enough information: "dev" argument is required.`)
	}
	if _, err := p.link(dev); err != nil {
		return err
	}
	return p.configureLink(dev, mtu, up)
}

func (p *ip) configureLink(dev string, mtu int, up *bool) error {
	if mtu != 0 {
		switch {
		case p.admin != nil && mtu < 68:
			return fail(2, "Error: mtu less than device minimum.")
		case p.admin != nil && mtu > 65535:
			return fail(2, "Error: mtu greater than device maximum.")
		}
		if err := p.change(func(m administrator) error { return m.SetMTU(dev, mtu) }); err != nil {
			return err
		}
	}
	if up == nil {
		return nil
	}
	return p.change(func(m administrator) error { return m.SetUp(dev, *up) })
}

// addLink refuses what the emulated kernel has no drivers for.
func (p *ip) addLink([]string) error {
	if err := p.permitted(); err != nil {
		return err
	}
	return fail(2, "Error: Unknown device type.")
}

// permitted asks for a change of nothing, which is refused for that if it is permitted.
func (p *ip) permitted() error {
	err := p.change(func(m administrator) error { return m.SetMTU("", 68) })
	if f, ok := err.(failure); ok && f.text == refused(syscall.EPERM).Error() {
		return err
	}
	return nil
}

func (p *ip) deleteLink(words []string) error {
	var s selector
	for args := arguments(words); len(args) > 0; {
		word, _ := args.next()
		if ok, err := s.read(word, &args); err != nil {
			return err
		} else if !ok {
			if err := s.setDev(word); err != nil {
				return err
			}
		}
	}
	if s.dev == "" {
		return fail(exit, `Not enough information: "dev" argument is required.`)
	}
	if _, err := p.link(s.dev); err != nil {
		return err
	}
	if err := p.permitted(); err != nil {
		return err
	}
	return refused(syscall.EOPNOTSUPP)
}
