package nat

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	wire "drydock/internal/packet"
	"drydock/nat/ipset"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A gambler makes rules and packets from few values, so that they meet.
type gambler struct {
	*rand.Rand
	v6 bool
}

// tables returns tables with the set that the gambler's rules ask for, and the rules of its
// family.
func (g *gambler) tables(t *testing.T) (*Tables, *Ruleset) {
	tables := New()
	set, err := tables.Sets().Create("one", ipset.Spec{Type: ipset.HashIP, V6: g.v6})
	require.NoError(t, err)
	only := onlyAddr(g.v6)
	require.NoError(t, set.Add(ipset.Entry{Key: ipset.Key{Net: netip.PrefixFrom(only, only.BitLen())}}, false))
	if g.v6 {
		return tables, tables.v6
	}
	return tables, tables.v4
}

func pick[T any](g *gambler, from ...T) T { return from[g.IntN(len(from))] }

func (g *gambler) chance(percent int) bool { return g.IntN(100) < percent }

func (g *gambler) addr() netip.Addr {
	last := byte(g.IntN(4))
	if g.v6 {
		return netip.AddrFrom16([16]byte{0: 0xfd, 7: byte(g.IntN(2)), 15: last})
	}
	return netip.AddrFrom4([4]byte{172, byte(17 + g.IntN(2)), 0, last})
}

func (g *gambler) network() Network {
	if g.chance(60) {
		return Network{}
	}
	a := g.addr()
	p, _ := a.Prefix(1 + g.IntN(a.BitLen()))
	n := network(p.String())
	if g.chance(20) { // a mask with a gap
		mask := n.Mask.AsSlice()
		mask[1], mask[len(mask)-1] = 0, 1
		n.Mask, _ = netip.AddrFromSlice(mask)
		addr := n.Addr.AsSlice()
		addr[1], addr[len(addr)-1] = 0, addr[len(addr)-1]&1
		n.Addr, _ = netip.AddrFromSlice(addr)
	}
	n.Not = g.chance(25)
	return n
}

func (g *gambler) nic() string { return pick(g, "eth0", "eth1", "docker0", "br-1234", "a", "lo") }

func (g *gambler) nicTest() Interface {
	if g.chance(60) {
		return Interface{}
	}
	return Interface{Name: pick(g, g.nic(), g.nic(), "eth+", "br-+", "docker0+", "eth2"), Not: g.chance(25)}
}

func (g *gambler) portRange() PortRange {
	lo := uint16(g.IntN(5))
	switch {
	case g.chance(40):
		return PortRange{}
	case g.chance(50):
		return PortRange{Lo: lo, Hi: lo + uint16(g.IntN(3)), Set: true, Not: g.chance(25)}
	}
	return onePort(lo)
}

func (g *gambler) addrRange() AddrRange {
	return AddrRange{Min: g.addr(), Max: g.addr(), Not: g.chance(25)}
}

func (g *gambler) states() StateSet { return StateSet(1 + g.IntN(31)) }

func (g *gambler) matches(proto Protocol) (all []Match) {
	for g.chance(30) {
		all = append(all, pick[Match](g,
			Conntrack{States: g.states(), Not: g.chance(25)}, State{States: g.states(), Not: g.chance(25)},
			MarkMatch{Value: uint32(g.IntN(4)), Mask: uint32(g.IntN(4)), Not: g.chance(25)}, Comment{Text: "here"},
			Length{Min: uint16(g.IntN(800)), Max: uint16(g.IntN(1500)), Not: g.chance(25)}, IPRange{Dst: g.addrRange()},
			ConnMarkMatch{Not: g.chance(25)}, Set{Name: "one", Sides: SetSides{N: 1, Dst: uint8(g.IntN(2))}, Not: g.chance(25)}))
	}
	for !proto.Not && (proto.Number == ianaTCP || proto.Number == ianaUDP) && g.chance(50) {
		ports := []Match{
			UDP{Src: g.portRange(), Dst: g.portRange()},
			Multiport{Which: PortSide(1 + g.IntN(3)), Ports: []PortRange{onePort(1), {Lo: 3, Hi: 4, Set: true}}, Not: g.chance(25)},
		}
		if proto.Number == ianaTCP {
			ports[0] = TCP{Src: g.portRange(), Dst: g.portRange()}
			if g.chance(30) {
				ports[0] = TCP{Flags: TCPFlags{Mask: 0x17, Set: 0x02, Not: g.chance(25)}}
			}
		}
		all = append(all, pick(g, ports...))
	}
	return all
}

func (g *gambler) ownChain() string { return pick(g, "A", "B", "C", "D", "E") }

func (g *gambler) chain() string {
	return pick(g, "INPUT", "FORWARD", "OUTPUT", g.ownChain(), g.ownChain())
}

func (g *gambler) rule() Rule {
	r := Rule{Src: g.network(), Dst: g.network(), In: g.nicTest(), Out: g.nicTest()}
	if g.chance(60) {
		r.Proto = Protocol{Number: pick[uint8](g, ianaTCP, ianaTCP, ianaUDP, ianaICMP), Not: g.chance(20)}
	}
	r.Matches = g.matches(r.Proto)
	r.Target = pick[Target](g, nil, Accept{}, Drop{}, Return{}, Jump{g.ownChain()}, Jump{g.ownChain()}, Goto{g.ownChain()},
		Mark{Value: uint32(g.IntN(4)), Mask: uint32(g.IntN(4))})
	return r
}

func (g *gambler) packet(t *Tables) *packet {
	p := &packet{
		host: &t.host, v6: g.v6, hook: pick(g, input, forward, output), src: g.addr(), dst: g.addr(),
		in: g.nic(), out: g.nic(), proto: pick[uint8](g, ianaTCP, ianaUDP, ianaICMP, 50),
		layout: wire.Layout{Size: 20 + g.IntN(1480)}, state: pick(g, StateInvalid, StateNew, StateEstablished, StateRelated, StateUntracked),
		pkt: stack.NewPacketBuffer(stack.PacketBufferOptions{}),
	}
	if p.hook == input {
		p.out = ""
	}
	if p.hook == output {
		p.in = ""
	}
	if (p.proto == ianaTCP || p.proto == ianaUDP) && g.chance(90) {
		p.ports, p.srcPort, p.dstPort = true, uint16(g.IntN(6)), uint16(g.IntN(6))
	}
	if p.proto == ianaTCP && p.ports {
		p.tcpFlags = pick[uint8](g, 0x02, 0x12, 0x10, 0x04)
	}
	return p
}

// change makes a random change to m and rs, and reports what m made of it.
func (g *gambler) change(m *model, rs *Ruleset) (did string, done bool, err error) {
	name, r := g.chain(), g.rule()
	full := Chain("filter/" + name)
	c := m.chains[name]
	if c == nil {
		c = &modelChain{}
	}
	made := &modelRule{Rule: r}
	ok := c.accepts(name, r)
	at := g.IntN(len(c.rules) + 3)
	switch n := g.IntN(20); {
	case n < 7:
		done = ok && m.put(name, append(slices.Clone(c.rules), made))
		return fmt.Sprint("append ", full, " ", r), done, rs.Append(full, r)
	case n < 10:
		done = ok && at >= 1 && at <= len(c.rules)+1 && m.put(name, slices.Insert(slices.Clone(c.rules), at-1, made))
		return fmt.Sprint("insert ", full, at, r), done, rs.Insert(full, at, r)
	case n < 11:
		if done = ok && at >= 1 && at <= len(c.rules); done {
			rules := slices.Clone(c.rules)
			rules[at-1] = made
			done = m.put(name, rules)
		}
		return fmt.Sprint("replace ", full, at, r), done, rs.Replace(full, at, r)
	case n < 13:
		if done = at >= 1 && at <= len(c.rules); done {
			done = m.put(name, slices.Delete(slices.Clone(c.rules), at-1, at))
		}
		return fmt.Sprint("delete ", full, at), done, rs.DeleteAt(full, at)
	case n < 14:
		if at >= 1 && at <= len(c.rules) {
			r = c.rules[at-1].Rule
		}
		i := slices.IndexFunc(c.rules, func(o *modelRule) bool { return o.String() == r.String() })
		if done = i >= 0; done {
			m.put(name, slices.Delete(slices.Clone(c.rules), i, i+1))
		}
		return fmt.Sprint("delete ", full, r), done, rs.Delete(full, r)
	case n < 17:
		if done = m.chains[name] == nil; done {
			m.chains[name], m.used = &modelChain{}, true
		}
		return fmt.Sprint("new ", full), done, rs.NewChain(full)
	case n < 18:
		if done = m.chains[name] != nil && c.policy == nil && len(c.rules) == 0 && m.references(name) == 0; done {
			delete(m.chains, name)
		}
		return fmt.Sprint("delete chain ", full), done, rs.DeleteChain(full)
	case n < 19:
		to := g.ownChain()
		if done = m.chains[name] != nil && c.policy == nil && m.chains[to] == nil; done {
			m.rename(name, to)
		}
		return fmt.Sprint("rename ", full, to), done, rs.RenameChain(full, to)
	}
	switch {
	case g.chance(40):
		done = m.chains[name] != nil && m.put(name, nil)
		return fmt.Sprint("flush ", full), done, rs.Flush(full)
	case g.chance(50):
		policy := pick[Target](g, Accept{}, Drop{}, Return{})
		if done = c.policy != nil && policy != (Return{}); done {
			c.policy, c.counts, c.passed, m.used = policy, true, Counters{}, true
		}
		return fmt.Sprint("policy ", full, policy), done, rs.SetPolicy(full, policy)
	}
	c.passed = Counters{}
	for _, r := range c.rules {
		r.Counters = Counters{}
	}
	return fmt.Sprint("zero ", full), m.chains[name] != nil, rs.Zero(full)
}
