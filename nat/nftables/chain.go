package nftables

import (
	"fmt"

	"drydock/nat"
)

// hooks are by name.
var hooks = map[string]nat.Hook{"prerouting": nat.HookPrerouting, "input": nat.HookInput, "forward": nat.HookForward,
	"output": nat.HookOutput, "postrouting": nat.HookPostrouting}

var chainTypes = map[string]nat.ChainType{"filter": nat.FilterChain, "nat": nat.NATChain, "route": nat.RouteChain}

// priorities have names, at the hooks where they make sense.
var priorities = []struct {
	name  string
	value int32
	hook  nat.Hook
	only  bool
}{
	{"raw", -300, 0, false}, {"mangle", -150, 0, false}, {"dstnat", -100, nat.HookPrerouting, true},
	{"filter", 0, 0, false}, {"security", 50, 0, false}, {"srcnat", 100, nat.HookPostrouting, true},
}

// baseChain takes type … hook … priority …
func (p *parser) baseChain(nat.Family) *nat.BaseChain {
	p.expect("type")
	b := new(nat.BaseChain)
	t := p.next()
	var ok bool
	if b.Type, ok = chainTypes[t.text]; !ok {
		panic(wrong(t.at, "unknown chain type"))
	}
	p.expect("hook")
	t = p.next()
	if b.Hook, ok = hooks[t.text]; !ok {
		if t.text == "ingress" || t.text == "egress" {
			panic(wrong(t.at, "The ip family does not support this hook"))
		}
		panic(wrong(t.at, "unknown chain hook"))
	}
	b.Priority = p.priority(b.Hook)
	return b
}

func (p *parser) priority(h nat.Hook) int32 {
	from := p.expect("priority").at
	base := int64(0)
	sign := int64(1)
	switch t := p.peek(); {
	case p.accept("-"):
		n, _ := p.number()
		return int32(-int64(min(n, 1<<31)))
	case t.kind == number:
		n, _ := p.number()
		return int32(min(n, 1<<31-1))
	default:
		p.next()
		found := false
		for _, known := range priorities {
			if known.name == t.text && (!known.only || known.hook == h) {
				base, found = int64(known.value), true
			}
		}
		if !found {
			panic(wrong(from.upTo(t.at), "invalid priority expression value in this context."))
		}
	}
	switch {
	case p.accept("-"):
		sign = -1
	case !p.accept("+"):
		return int32(base)
	}
	n, _ := p.number()
	return int32(base + sign*int64(min(n, 1<<30)))
}

// priorityText returns the priority as nft prints it: by the name that is nearest.
func priorityText(b *nat.BaseChain, numeric bool) string {
	if numeric {
		return fmt.Sprint(b.Priority)
	}
	const reach = 10
	for _, known := range priorities {
		if known.only && known.hook != b.Hook {
			continue
		}
		switch diff := b.Priority - known.value; {
		case diff == 0:
			return known.name
		case diff > 0 && diff <= reach:
			return fmt.Sprintf("%s + %d", known.name, diff)
		case diff < 0 && diff >= -reach:
			return fmt.Sprintf("%s - %d", known.name, -diff)
		}
	}
	return fmt.Sprint(b.Priority)
}
