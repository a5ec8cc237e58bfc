package iptables

import "drydock/nat"

// finish checks the whole and puts the rule together: first each extension by itself, in the
// order of -m, then the command, and last what may depend on the chain.
func (p *parser) finish() error {
	if p.polls && !p.waits {
		return wrong("--wait-interval only makes sense with --wait\n")
	}
	p.rule.Proto = p.proto
	for _, e := range p.extensions { // the target's options come last
		if e != p.target {
			if err := e.finish(); err != nil {
				return err
			}
			if m := e.match(); m != nil { // of which 1.8.9 leaves nothing
				p.rule.Matches = append(p.rule.Matches, m)
			}
		}
	}
	if p.target != nil {
		if err := p.target.finish(); err != nil {
			return err
		}
		p.rule.Target = p.target.target()
	}
	// From here on the order is that in which iptables 1.8.9 complains, which decides what
	// is said about a line with two faults.
	switch {
	case p.letter == 0:
		return wrong("no command specified")
	case p.not:
		return wrong("nothing appropriate following !")
	}
	if err := p.addresses(); err != nil {
		return err
	}
	if err := p.allowed(); err != nil {
		return err
	}
	if len(p.chain) > maxChainName {
		return tooLong(p.chain)
	}
	// The kernel would take these, so that it is iptables that refuses them.
	if p.table == "nat" && (p.rule.Target == nat.Target(nat.Drop{}) || p.policy == "DROP") {
		return dropsInNAT()
	}
	if !p.ofRules() {
		return nil
	}
	switch {
	case (p.chain == "PREROUTING" || p.chain == "INPUT") && p.has('o'):
		return wrong("Can't use -o with %s\n", p.chain)
	case (p.chain == "POSTROUTING" || p.chain == "OUTPUT") && p.has('i'):
		return wrong("Can't use -i with %s\n", p.chain)
	}
	for _, e := range p.extensions {
		if e.made != nil {
			if err := e.made(); err != nil {
				return err
			}
		}
	}
	return nil
}

// addresses reads the addresses, which iptables does last.
func (p *parser) addresses() error {
	var err error
	p.srcs, p.dsts = []nat.Network{{}}, []nat.Network{{}}
	if p.has('s') {
		if p.srcs, err = parseNetworks(p.shost, p.v6); err != nil {
			return err
		}
	}
	if p.has('d') {
		if p.dsts, err = parseNetworks(p.dhost, p.v6); err != nil {
			return err
		}
	}
	// "! -s A,B" would be two rules, one for all but A and one for all but B, which together
	// match every packet: not what was meant.
	if (len(p.srcs) > 1 || len(p.dsts) > 1) && (p.notSrc || p.notDst) {
		return wrong("! not allowed with multiple source or destination IP addresses")
	}
	// An address with a mask of length 0 is every address, and no condition.
	set := func(nets []nat.Network, not bool) {
		for i := range nets {
			nets[i].Not = not
			if nets[i].Mask.IsValid() && nets[i].Mask.IsUnspecified() && !not {
				nets[i] = nat.Network{}
			}
		}
	}
	set(p.srcs, p.notSrc)
	set(p.dsts, p.notDst)
	if p.letter == 'R' && (len(p.srcs) > 1 || len(p.dsts) > 1) {
		return wrong("Replacement rule does not specify a unique address")
	}
	return nil
}
