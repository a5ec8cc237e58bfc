package iproute2

import (
	"context"
	"iter"
	"slices"

	"drydock/bridge"
	"drydock/sim"
	"drydock/sim/tools/command"
)

// Bridge is bridge(8), for bridge link and bridge fdb.
func Bridge(_ context.Context, c *command.Call) int {
	p := &ip{Call: c}
	return report(c, p.bridge(c.Args[1:]))
}

const bridgeUsage = `Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { link | fdb }
       OPTIONS := { -V[ersion] | -o[neline] }
`

func (p *ip) bridge(args []string) error {
	for ; len(args) > 0 && args[0] != "" && args[0][0] == '-'; args = args[1:] {
		switch opt := args[0]; {
		case is(opt, "-oneline"):
		case is(opt, "-Version"):
			p.Printf("bridge utility, 6.1.0\n")
			return nil
		case is(opt, "-help"):
			return failure{exit, bridgeUsage}
		default:
			return fail(exit, `Option "`+opt+`" is unknown, try "bridge help".`)
		}
	}
	if len(args) == 0 || is(args[0], "help") {
		return failure{exit, bridgeUsage}
	}
	var show func([]string) error
	switch {
	case is(args[0], "link"):
		show = p.bridgeLinks
	case is(args[0], "fdb"):
		show = p.bridgeEntries
	default:
		return fail(exit, `Object "`+args[0]+`" is unknown, try "bridge help".`)
	}
	object := args[0]
	if args = args[1:]; len(args) > 0 {
		if is(args[0], "help") {
			return failure{exit, bridgeUsage}
		}
		if !is(args[0], "show") && !is(args[0], "list") && !is(args[0], "lst") {
			return fail(exit, `Command "`+args[0]+`" is unknown, try "bridge `+object+` help".`)
		}
		args = args[1:]
	}
	var ok bool
	if p.m, ok = p.Machine.(machine); !ok {
		return fail(1, "Cannot open netlink socket: Protocol not supported")
	}
	return show(args)
}

// bridgeLinks shows the ports. Those of Docker are all alike: there is no spanning tree.
func (p *ip) bridgeLinks(words []string) error {
	var s selector
	for args := arguments(words); len(args) > 0; {
		word, _ := args.next()
		ok, err := s.read(word, &args)
		if err == nil && !ok {
			err = s.setDev(word)
		}
		if err != nil {
			return err
		}
	}
	if s.dev != "" {
		if _, err := p.link(s.dev); err != nil {
			return err
		}
	}
	links, err := p.links(s)
	if err != nil {
		return err
	}
	all, err := p.links(selector{})
	if err != nil {
		return err
	}
	for _, l := range links {
		if l.Master == "" {
			continue
		}
		name := shownName(l, true)
		if i := slices.IndexFunc(all, func(o shownLink) bool { return o.Index == l.Peer }); i >= 0 {
			name = l.Name + "@" + all[i].Name // of this namespace, in which bridge(8) believes the peer to be
		}
		state := "forwarding"
		if !l.Running {
			state = "disabled"
		}
		p.Printf("%d: %s: <%s> mtu %d master %s state %s priority 32 cost 2 \n",
			l.Index, name, join(linkFlags(l.Interface)), l.MTU, l.Master, state)
	}
	return nil
}

func join(words []string) (s string) {
	for i, w := range words {
		if i > 0 {
			s += ","
		}
		s += w
	}
	return s
}

// bridgeEntries shows where the bridges have learned stations, and the addresses of the
// bridges and their ports. Groups that the real kernel lists for each interface are not kept
// here.
func (p *ip) bridgeEntries(words []string) error {
	br, port := "", ""
	for args := arguments(words); len(args) > 0; {
		word, _ := args.next()
		var err error
		switch word {
		case "br":
			br, err = args.value()
			if err == nil {
				err = p.mustBe(br)
			}
		case "brport", "dev":
			port, err = args.value()
			if err == nil {
				err = p.mustBe(port)
			}
		default:
			err = fail(exit, `Error: argument "`+word+`" is wrong: unknown argument`)
		}
		if err != nil {
			return err
		}
	}
	h, ok := p.Machine.(interface{ Networks() iter.Seq[*sim.Network] })
	if !ok {
		return nil
	}
	ports := make(map[string]sim.Interface)
	for _, i := range p.m.Interfaces() {
		if i.Master != "" {
			ports[i.Name] = i
		}
	}
	bridges := slices.SortedFunc(h.Networks(), func(a, b *sim.Network) int { return p.index(a) - p.index(b) })
	for _, n := range bridges {
		if n.Bridge() != nil && (br == "" || br == n.Device()) {
			p.printEntries(n.Bridge(), ports, port)
		}
	}
	return nil
}

func (p *ip) mustBe(dev string) error {
	_, err := p.link(dev)
	return err
}

// index is that of a network's bridge.
func (p *ip) index(n *sim.Network) int {
	i, err := p.link(n.Device())
	if err != nil {
		return 0
	}
	return i.Index
}

// printEntries prints those of a bridge by port: first those of the bridge itself.
func (p *ip) printEntries(b *bridge.Bridge, ports map[string]sim.Interface, only string) {
	learned := make(map[string][]bridge.Entry)
	for e := range b.Entries() {
		learned[e.Port.Name()] = append(learned[e.Port.Name()], e)
	}
	for _, port := range b.Ports() {
		name := port.Name()
		if only != "" && only != name {
			continue
		}
		slices.SortFunc(learned[name], func(a, b bridge.Entry) int { return slices.Compare(a.MAC[:], b.MAC[:]) })
		for _, e := range learned[name] {
			if e.Local || e.Static {
				p.Printf("%v\n", e)
			} else {
				p.Printf("%v \n", e)
			}
		}
		if i, ok := ports[name]; ok {
			p.Printf("%v dev %s master %s permanent\n", i.MAC, name, b.Name())
		}
	}
}
