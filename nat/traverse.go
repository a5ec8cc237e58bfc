package nat

// A comeback is where traversal goes on after a chain.
type comeback struct{ chain, next int32 }

// traverse passes p through the base chain of its hook in a table, and leaves in p
// which chain and rule decided. It says accept or drop.
//
// It takes no lock and allocates nothing: the table does not change, and there are at most
// maxJumps comebacks, which is checked when rules are made. The five verdicts that
// traversal knows itself are switched over; only the others cost a call.
func (t *table) traverse(p *packet) verdict {
	base := t.chains[p.hook]
	if !t.used() || base == nil {
		return accept
	}
	return t.run(base, p)
}

// run is traverse from a base chain on.
func (t *table) run(base *chain, p *packet) verdict {
	if base.size == 0 {
		return base.decide(p)
	}
	d := p.digest()
	var stack [maxJumps]comeback
	depth := 0
	c, next := base, 0
	for {
		next = c.search(next, &d, p)
		if next == c.size {
			if depth == 0 {
				return base.decide(p)
			}
			depth--
			c, next = t.chains[stack[depth].chain], int(stack[depth].next)
			continue
		}
		i := c.at(next)
		if p.hotdrop {
			p.chain, p.rule = c.full, next+1
			return dropped
		}
		if i.rule.count != nil {
			i.rule.count.add(p.layout.Size)
		}
		if p.traced {
			p.trace(c, next+1, i.verdict)
		}
		next++
		v, to := i.verdict, i.to
		if v == applies {
			if v = i.rule.applier.apply(p.host, p); v >= jumps {
				to = p.to
			}
		}
		if p.stale {
			d, p.stale = p.digest(), false
		}
		switch v {
		case jumps:
			stack[depth] = comeback{int32(c.id), int32(next)}
			depth++
			c, next = t.chains[to], 0
		case goes:
			c, next = t.chains[to], 0
		case returned:
			next = c.size
		case accept, dropped:
			p.chain, p.rule = c.full, next
			return v
		}
	}
}

// decide is what the policy says. One that was set counts as rules do; a RETURN in a built-in
// chain comes here, too.
func (c *chain) decide(p *packet) verdict {
	if c.count != nil {
		c.count.add(p.layout.Size)
	}
	if p.traced {
		p.trace(c, 0, c.policy)
	}
	p.chain, p.rule = c.full, 0
	return c.policy
}

// search returns the index of the first rule from next on that matches p, of which d is
// the digest, or of the end. This is where a packet spends its time.
func (c *chain) search(next int, d *digest, p *packet) int {
	if c.size < indexFrom {
		return c.linear(next, c.size, d, p)
	}
	return c.searchLong(next, d, p)
}

// linear looks at the rules before end one by one: 1 ns for each whose digest differs, with
// 64 bytes a cache line each, so that 1,000 would take a microsecond.
func (c *chain) linear(next, end int, d *digest, p *packet) int {
	for b := c.locate(next); next < end; b++ {
		code, start := c.blocks[b].code, c.starts[b]
		code = code[:min(len(code), end-start)]
		for k := next - start; k < len(code); k++ {
			i := &code[k]
			if d.differs(&i.want, &i.mask) {
				continue
			}
			if !i.more || i.matches(d, p) {
				return start + k
			}
		}
		next = start + len(code)
	}
	return next
}

// matches asks about what the digest does not tell. A rule of nft that fails may have changed the packet before.
func (i *instruction) matches(d *digest, p *packet) bool {
	yes := i.rule.rest.match(p) || p.hotdrop
	if p.stale && !yes {
		*d, p.stale = p.digest(), false
	}
	return yes
}
