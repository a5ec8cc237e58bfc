package iproute2

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"drydock/sim"
)

var neighbourVerbs = []verb{
	{"show list lst", (*ip).showNeighbours}, {"add", changeNeighbour("add")}, {"change chg", changeNeighbour("change")},
	{"replace", changeNeighbour("replace")}, {"delete", changeNeighbour("del")}, {"flush", (*ip).flushNeighbours},
}

// A neighbourSelector says which neighbours are shown.
type neighbourSelector struct {
	to    netip.Prefix
	dev   string
	state string // "" is all; "all" also
}

func (p *ip) readNeighbourSelector(words []string) (s neighbourSelector, err error) {
	for args := arguments(words); len(args) > 0 && err == nil; {
		word, _ := args.next()
		switch word {
		case "dev":
			if s.dev, err = args.value(); err == nil {
				_, err = p.link(s.dev)
			}
		case "nud":
			if s.state, err = args.value(); err == nil && !isState(s.state) {
				err = failure{exit, `Error: argument "` + s.state + `" is wrong: nud state is bad` + "\n\n"}
			}
		default:
			if word == "to" {
				if word, err = args.value(); err != nil {
					break
				}
			}
			s.to, err = parsePrefix(word, p.family)
		}
	}
	return s, err
}

func isState(word string) bool {
	states := []string{"all", "permanent", "reachable", "stale", "delay", "probe", "failed", "incomplete"}
	return slices.Contains(states, strings.ToLower(word))
}

// neighbours returns those that are selected.
func (p *ip) neighbours(s neighbourSelector) (list []sim.Neighbour) {
	all := strings.EqualFold(s.state, "all")
	for _, n := range p.m.Neighbours() {
		if fits(n.IP, p.family) && (s.dev == "" || n.Dev == s.dev) && (!s.to.IsValid() || s.to.Contains(n.IP)) &&
			(s.state == "" || all || strings.EqualFold(s.state, n.State.String())) {
			list = append(list, n)
		}
	}
	return list
}

// showNeighbours is ip neighbour show.
func (p *ip) showNeighbours(words []string) error {
	s, err := p.readNeighbourSelector(words)
	if err != nil {
		return err
	}
	var objects []fields
	for _, n := range p.neighbours(s) {
		age := int(n.Age.Seconds())
		if p.json {
			f := fields{{"dst", n.IP.String()}}
			if s.dev == "" {
				f.add("dev", n.Dev)
			}
			f.add("lladdr", n.MAC.String())
			if p.stats > 0 {
				f.add("updated", age)
			}
			objects = append(objects, append(f, field{"state", []string{n.State.String()}}))
			continue
		}
		p.Printf("%s ", n.IP)
		if s.dev == "" {
			p.Printf("dev %s ", n.Dev)
		}
		if n.MAC != nil {
			p.Printf("lladdr %s ", n.MAC)
		}
		if p.stats > 0 { // the kernel counts uses and probes, too, which here nobody does
			p.Printf(" used %d/%d/%dprobes 0 ", age, age, age)
		}
		p.Printf("%s \n", n.State)
	}
	if p.json {
		p.printJSON(objects)
	}
	return nil
}

// changeNeighbour is ip neighbour add, change, replace and del.
func changeNeighbour(how string) func(p *ip, words []string) error {
	return func(p *ip, words []string) error {
		addr, mac, dev, err := p.parseNeighbour(words)
		if err != nil {
			return err
		}
		known := slices.ContainsFunc(p.m.Neighbours(), func(n sim.Neighbour) bool { return n.IP == addr && n.Dev == dev })
		return p.change(func(m administrator) error {
			if how == "del" {
				return m.DeleteNeighbour(dev, addr)
			}
			if err := p.permitted(); err != nil {
				return err
			}
			switch {
			case how == "add" && known:
				return syscall.EEXIST
			case how == "change" && !known:
				return syscall.ENOENT
			case mac == nil:
				return fail(2, "Error: No link layer address given.")
			}
			return m.AddNeighbour(dev, addr, mac)
		})
	}
}

func (p *ip) parseNeighbour(words []string) (addr netip.Addr, mac net.HardwareAddr, dev string, err error) {
	for args := arguments(words); len(args) > 0 && err == nil; {
		word, _ := args.next()
		switch word {
		case "dev":
			dev, err = args.value()
		case "nud": // a neighbour that is set is permanent
			if word, err = args.value(); err == nil && !strings.EqualFold(word, "permanent") {
				err = failure{exit, `Error: argument "` + word + `" is wrong: nud state is bad` + "\n\n"}
			}
		case "lladdr":
			if word, err = args.value(); err == nil {
				if mac, err = net.ParseMAC(word); err != nil || len(mac) != 6 {
					err = fail(1, fmt.Sprintf("%q is invalid lladdr.", word))
				}
			}
		default:
			if word == "to" {
				if word, err = args.value(); err != nil {
					break
				}
			}
			if addr.IsValid() {
				return addr, mac, dev, duplicate("to", word)
			}
			addr, err = parseAddr(word, p.family)
		}
	}
	if err == nil && (dev == "" || !addr.IsValid()) {
		err = fail(exit, "Device and destination are required arguments.")
	}
	if err == nil {
		_, err = p.link(dev)
	}
	return addr, mac, dev, err
}

// flushNeighbours is ip neighbour flush. Those that were set stay unless they are asked for.
func (p *ip) flushNeighbours(words []string) error {
	if len(words) == 0 {
		return fail(1, "Flush requires arguments.")
	}
	all := slices.Equal(words, []string{"all"})
	if all {
		words = nil
	}
	s, err := p.readNeighbourSelector(words)
	if err != nil {
		return err
	}
	for _, n := range p.neighbours(s) {
		if n.State == sim.NeighbourPermanent && s.state == "" {
			continue
		}
		if err := p.change(func(m administrator) error { return m.DeleteNeighbour(n.Dev, n.IP) }); err != nil {
			return err
		}
	}
	return nil
}
