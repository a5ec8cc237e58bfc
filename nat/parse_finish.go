package nat

import "strings"

// finish checks the whole and puts the rule together.
func (p *parser) finish() error {
	for _, e := range p.extensions { // the target's options come last
		if e != p.target {
			if err := e.finish(); err != nil {
				return err
			}
			p.rule.Matches = append(p.rule.Matches, e.match())
		}
	}
	if p.target != nil {
		if err := p.target.finish(); err != nil {
			return err
		}
		p.rule.Target = p.target.target()
	}
	switch {
	case p.command == 0:
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
		return wrong("chain name `%s' too long (must be under 29 chars)", p.chain)
	}
	if p.table == natTable && (p.rule.Target == Target(Drop{}) || p.policy == "DROP") {
		return wrong("\nThe \"nat\" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n")
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
	return nil
}

// addresses reads the addresses, which iptables does last.
func (p *parser) addresses() error {
	var err error
	p.srcs, p.dsts = []Network{{}}, []Network{{}}
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
	if (len(p.srcs) > 1 || len(p.dsts) > 1) && (p.rule.Src.Not || p.rule.Dst.Not) {
		return wrong("! not allowed with multiple source or destination IP addresses")
	}
	set := func(nets []Network, not bool) {
		for i := range nets {
			nets[i].Not = not
			if nets[i].Mask.IsValid() && nets[i].Mask.IsUnspecified() && !not {
				nets[i] = Network{}
			}
		}
	}
	set(p.srcs, p.rule.Src.Not)
	set(p.dsts, p.rule.Dst.Not)
	p.rule.Src, p.rule.Dst = Network{}, Network{}
	if p.command == 'R' && (len(p.srcs) > 1 || len(p.dsts) > 1) {
		return wrong("Replacement rule does not specify a unique address")
	}
	return nil
}

// rules returns the rules of the line: one for each pair of its addresses.
func (c *commandLine) rules() []Rule {
	var rules []Rule
	for _, src := range c.srcs {
		for _, dst := range c.dsts {
			r := c.rule
			r.Src, r.Dst = src, dst
			rules = append(rules, r)
		}
	}
	return rules
}

// ofRules reports whether the command takes a rule.
func (c *commandLine) ofRules() bool {
	return strings.IndexByte("AIRCD", c.command) >= 0 && !(c.command == 'D' && c.numbered)
}

// id returns the chain in its table.
func (c *commandLine) id() Chain { return fullName(c.table, c.chain) }
