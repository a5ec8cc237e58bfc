package nftables

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"drydock/nat"
)

// iptables on nf_tables has its rules in tables of the kernel that nft sees as its own. Here they are a nat.Ruleset each, and
// what nft shows of a table is both: the chains of iptables and those that nft has made in a table of that name.

// A table is one of the kernel.
type table struct {
	nat.NftTable
	rules *nat.Ruleset // of iptables, nil: none
}

// A chain is one of the kernel.
type chain struct {
	nat.NftChain
	rules *nat.Ruleset // of iptables, nil: of nft
	id    nat.Chain    // there
}

// iptables returns the rules of which a table is, nil if it is nft's alone.
func (x *executor) iptables(f nat.Family, name string) *nat.Ruleset {
	if rs := x.tx.Iptables(f); rs != nil && rs.Used(name) {
		return rs
	}
	return nil
}

// iptablesNames are the tables of iptables.
var iptablesNames = []string{"raw", "mangle", "nat", "filter", "security"}

// tables returns all tables in the order in which they were made.
func (x *executor) tables() (list []table) {
	for t := range x.tx.Tables() {
		list = append(list, table{NftTable: t})
	}
	for _, f := range []nat.Family{nat.FamilyIP, nat.FamilyIP6} {
		for _, name := range iptablesNames {
			rs := x.iptables(f, name)
			if rs == nil {
				continue
			}
			at := slices.IndexFunc(list, func(t table) bool { return t.Family == f && t.Name == name })
			if at < 0 {
				at, list = len(list), append(list, table{NftTable: nat.NftTable{Family: f, Name: name, Handle: rs.TableHandle(name)}})
			}
			list[at].rules, list[at].Handle = rs, min(list[at].Handle, rs.TableHandle(name))
		}
	}
	slices.SortFunc(list, func(a, b table) int { return cmp.Compare(a.Handle, b.Handle) })
	return list
}

func (x *executor) table(f nat.Family, name string) (table, bool) {
	for _, t := range x.tables() {
		if t.Family == f && t.Name == name {
			return t, true
		}
	}
	return table{}, false
}

// chains returns the chains of a table, those of iptables first.
func (x *executor) chains(t table) (list []chain) {
	if t.rules != nil {
		for id := range t.rules.Chains(t.Name) {
			if t.rules.ChainHandle(id) > 0 {
				list = append(list, iptablesChain(t.rules, id))
			}
		}
		slices.SortFunc(list, func(a, b chain) int { return cmp.Compare(a.Handle, b.Handle) })
	}
	for _, c := range x.tx.Chains(t.Family, t.Name) {
		list = append(list, chain{NftChain: c})
	}
	return list
}

// chain returns a chain of a table.
func (x *executor) chain(f nat.Family, table, name string) (chain, bool) {
	if c, ok := x.ofIptables(f, table, name); ok {
		return c, true
	}
	c, ok := x.tx.Chain(f, table, name)
	return chain{NftChain: c}, ok
}

// ofIptables returns a chain if it is of iptables.
func (x *executor) ofIptables(f nat.Family, table, name string) (chain, bool) {
	rs, id := x.iptables(f, table), nat.Chain(table+"/"+name)
	if rs == nil || rs.ChainHandle(id) == 0 {
		return chain{}, false
	}
	return iptablesChain(rs, id), true
}

func iptablesChain(rs *nat.Ruleset, id nat.Chain) chain {
	table, name, _ := strings.Cut(string(id), "/")
	c := chain{NftChain: nat.NftChain{Name: name, Handle: rs.ChainHandle(id)}, rules: rs, id: id}
	if policy, _, builtin := rs.Policy(id); builtin {
		c.Base = iptablesBase(table, name)
		c.Base.Drops = policy == nat.Target(nat.Drop{})
	}
	return c
}

// iptablesBase returns where iptables-nft has a built-in chain.
func iptablesBase(table, name string) *nat.BaseChain {
	b := &nat.BaseChain{Hook: hooks[strings.ToLower(name)], Priority: map[string]int32{"raw": -300, "mangle": -150, "nat": -100, "security": 150}[table]}
	switch {
	case table == "mangle" && b.Hook == nat.HookOutput:
		b.Type = nat.RouteChain
	case table == "nat":
		b.Type = nat.NATChain
		if b.Hook == nat.HookInput || b.Hook == nat.HookPostrouting {
			b.Priority = 100
		}
	}
	return b
}

// printIptables prints the rules of a chain of iptables.
func (x *executor) printIptables(c chain) {
	if c.rules == nil {
		return
	}
	handles := c.rules.RuleHandles(c.id)
	i := 0
	for r, n := range c.rules.Rules(c.id) {
		s := x.xtRule(r, n, c.rules.IPv6())
		x.xt = x.xt || s.xt
		fmt.Fprintf(&x.out, "\t\t%s%s\n", s.text, x.handle(handles[i]))
		i++
	}
}

// A warning is what nft writes to standard error before the output at a place.
type warning struct {
	at   int
	text string
}

// within prints a table around what it has. One with matches or targets that are not nft's is said to be iptables'.
func (x *executor) within(t table, handle string, print func() *fault) *fault {
	at := x.out.Len()
	fmt.Fprintf(&x.out, "table %v %s {%s\n", t.Family, t.Name, handle)
	x.xt = false
	if f := print(); f != nil {
		return f
	}
	x.out.WriteString("}\n")
	if x.xt {
		x.warned = append(x.warned, warning{at, fmt.Sprintf("# Warning: table %v %s is managed by iptables-nft, do not touch!\n", t.Family, t.Name)})
	}
	return nil
}

// flush writes the output to w and what it warns of to warnings, each at its place. Either may be nil.
func (x *executor) flush(w, warnings io.Writer) error {
	rest, from := x.out.Bytes(), 0
	for _, warn := range append(x.warned, warning{at: len(rest)}) {
		if w != nil {
			if _, err := w.Write(rest[from:warn.at]); err != nil {
				return err
			}
		}
		from = warn.at
		if warnings != nil && warn.text != "" {
			if _, err := io.Copy(warnings, bytes.NewBufferString(warn.text)); err != nil {
				return err
			}
		}
	}
	return nil
}
