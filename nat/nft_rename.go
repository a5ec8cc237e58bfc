package nat

// renameInRules has rules that lead to a chain say its new name. They count on.
func (tx *NftEdit) renameInRules(t *nfTable, from, to string) {
	for id, c := range t.main().chains {
		if c == nil {
			continue
		}
		for at, r := range c.list() {
			named := r.nft.renamed(from, to)
			if named == nil {
				continue
			}
			tx.each(t, id, func(c *chain, _ bool) {
				again := *c.at(at).rule
				again.nft, again.print = named, named.fingerprint()
				c.splice(at, at+1, &again)
			})
		}
	}
}

// renamed returns the rule with another name of a chain, nil if it does not lead there.
func (r *NftRule) renamed(from, to string) *NftRule {
	var named *NftRule
	for i, s := range r.Statements {
		switch v := s.(type) {
		case Verdict:
			if v.Chain != from {
				continue
			}
			v.Chain = to
			s = v
		case VerdictMap:
			if v.Anon == nil {
				continue
			}
			v.Anon = v.Anon.renamed(from, to)
			s = v
		default:
			continue
		}
		if named == nil {
			c := *r
			c.Statements = append([]Statement(nil), r.Statements...)
			named = &c
		}
		named.Statements[i] = s
	}
	return named
}

// renamed returns the elements with another name of a chain, which count together with those before.
func (s *Elements) renamed(from, to string) *Elements {
	return s.each(func(e Element) Element {
		if e.Verdict.Chain == from {
			e.Verdict.Chain = to
		}
		return e
	})
}

// renameInMaps has maps say the new name of a chain.
func (tx *NftEdit) renameInMaps(t *nfTable, from, to string) {
	for i, s := range t.sets {
		if s != nil && s.Verdicts {
			named := *s
			named.elements = s.elements.renamed(from, to)
			t.sets[i] = &named
		}
	}
}
