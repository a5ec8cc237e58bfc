package nat

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// check brings r into the form in which iptables prints rules, or finds what is wrong
// with it in a table and, in a built-in chain, at its hook.
func (r *rule) check(v6 bool, id tableID, h hook) error {
	if err := r.Src.check(v6); err != nil {
		return blame("Src", err)
	}
	if err := r.Dst.check(v6); err != nil {
		return blame("Dst", err)
	}
	if err := r.In.checkAt(h, atOutput|atPostrouting); err != nil {
		return blame("In", err)
	}
	if err := r.Out.checkAt(h, atPrerouting|atInput); err != nil {
		return blame("Out", err)
	}
	if r.Proto.Number == 0 && r.Proto.Not {
		return blame("Proto", ErrNever)
	}
	r.hooks = everyHook
	for i, m := range r.Matches {
		checked, err := checkMatch(m, v6, r.Proto)
		if err != nil {
			return blame(fmt.Sprintf("Matches[%d]", i), err)
		}
		r.Matches[i] = checked
		r.hooks &= hooksOfMatch(checked)
	}
	return blame("Target", r.checkTarget(v6, id))
}

// misplaced says what is not allowed at some of hooks.
func (r *rule) misplaced(hooks hookSet) error {
	for i, m := range r.Matches {
		if hooks&^hooksOfMatch(m) != 0 {
			return blame(fmt.Sprintf("Matches[%d]", i), ErrMatch)
		}
	}
	return blame("Target", ErrTarget)
}

// check leaves in n only the bits of the address that count.
func (n *Network) check(v6 bool) error {
	if *n == (Network{}) {
		return nil
	}
	if !n.Addr.IsValid() || n.Addr.Is6() != v6 || n.Addr.Zone() != "" {
		return ErrFamily
	}
	if !n.Mask.IsValid() {
		n.Mask = fullMask(v6)
	}
	if n.Mask.Is6() != v6 {
		return ErrFamily
	}
	addr, mask := n.Addr.AsSlice(), n.Mask.AsSlice()
	for i := range addr {
		addr[i] &= mask[i]
	}
	n.Addr, _ = netip.AddrFromSlice(addr)
	if n.Mask.IsUnspecified() {
		if n.Not {
			return ErrNever
		}
		*n = Network{}
	}
	return nil
}

func fullMask(v6 bool) netip.Addr {
	ones := slices.Repeat([]byte{255}, 16)
	if !v6 {
		ones = ones[:4]
	}
	mask, _ := netip.AddrFromSlice(ones)
	return mask
}

// maxInterface is IFNAMSIZ without its closing 0.
const maxInterface = 15

func (i *Interface) check() error {
	switch {
	case i.Name == "" && i.Not, len(i.Name) > maxInterface:
		return ErrInterface
	case i.Name == "+" && !i.Not:
		*i = Interface{}
	}
	return nil
}

// checkAt is check for an interface that packets do not have at some hooks.
func (i *Interface) checkAt(h hook, without hookSet) error {
	named := i.Name != ""
	if err := i.check(); err != nil {
		return err
	}
	if named && without.has(h) {
		return fmt.Errorf("%w: packets in %s have none", ErrInterface, hookNames[h])
	}
	return nil
}

// prefix returns what names begin with that i matches, if it matches more than one.
func (i Interface) prefix() (string, bool) { return strings.CutSuffix(i.Name, "+") }

// clone returns a copy that shares nothing with r.
func (r Rule) clone() Rule {
	r.Matches = slices.Clone(r.Matches)
	for i, m := range r.Matches {
		if m, ok := m.(Multiport); ok {
			m.Ports = slices.Clone(m.Ports)
			r.Matches[i] = m
		}
	}
	return r
}

// equal compares rules that have been checked.
func (r *Rule) equal(s *Rule) bool {
	return r.Src == s.Src && r.Dst == s.Dst && r.In == s.In && r.Out == s.Out && r.Proto == s.Proto &&
		r.Target == s.Target && slices.EqualFunc(r.Matches, s.Matches, equalMatches)
}

func equalMatches(a, b Match) bool {
	ma, ok := a.(Multiport)
	if !ok {
		return !isMultiport(b) && a == b
	}
	mb, ok := b.(Multiport)
	return ok && ma.Which == mb.Which && ma.Not == mb.Not && slices.Equal(ma.Ports, mb.Ports)
}

func isMultiport(m Match) bool {
	_, ok := m.(Multiport)
	return ok
}
