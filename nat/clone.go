package nat

import (
	"log/slog"
	"math/rand/v2"
)

// Clone returns tables with the rules, policies and sets that t has now, attached to the same
// stack, which does not know of them: packets can be tried there, and t and the stack notice
// nothing. Packets leave no trace but in the clone: REJECT answers nobody, SET changes no set,
// NFQUEUE asks nobody and accepts, and LOG writes nothing. There are no connections at first,
// but what their sources became is known, as are the mappings of NAPT. What limit, hashlimit and
// recent remember begins anew.
//
// Every packet is traced to those who [OnTrace] of the clone, which has the clock of t; and who
// has [OnMiss] hears of the rules that one nearly matched.
func (t *Tables) Clone(opts ...Option) (*Tables, error) {
	still := []Option{WithClock(t.clock), WithLogger(slog.New(slog.DiscardHandler)), WithSeed(rand.Uint64())}
	c := New(append(still, opts...)...)
	c.still, c.sets, c.mappings = true, t.sets, t.mappings.clone()
	t.sources.copyTo(&c.sources)
	c.stack.Store(t.stack.Load())
	for from, to := range map[*Ruleset]*Ruleset{t.v4: c.v4, t.v6: c.v6} {
		if err := to.Edit(func(tx *Ruleset) error { return tx.copy(from) }); err != nil {
			return nil, err
		}
	}
	return c, c.nft.Edit(func(tx *NftEdit) error { return tx.copy(t.nft.View()) })
}

// copy makes the tables of another Nftables in tx, which has none, so that their rules have the same places.
func (tx *NftEdit) copy(from *NftEdit) error {
	for t := range from.Tables() {
		if err := tx.AddTable(t); err != nil {
			return err
		}
		for _, part := range []func(*NftEdit, NftTable) error{tx.copyChains, tx.copySets, tx.copyRules} {
			if err := part(from, t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (tx *NftEdit) copyChains(from *NftEdit, t NftTable) error {
	for _, c := range from.Chains(t.Family, t.Name) {
		if err := tx.addChain(t.Family, t.Name, c, from.find(t.Family, t.Name).chain(c.Name).nft.seq); err != nil {
			return err
		}
	}
	return nil
}

func (tx *NftEdit) copySets(from *NftEdit, t NftTable) error {
	for _, o := range from.Objects(t.Family, t.Name) {
		if err := tx.AddObject(t.Family, t.Name, *o); err != nil {
			return err
		}
	}
	for _, s := range from.Sets(t.Family, t.Name) {
		if err := tx.AddSet(t.Family, t.Name, *s, s.elements); err != nil {
			return err
		}
	}
	return nil
}

func (tx *NftEdit) copyRules(from *NftEdit, t NftTable) error {
	for _, c := range from.Chains(t.Family, t.Name) {
		for r := range from.Rules(t.Family, t.Name, c.Name) {
			if _, err := tx.AddRule(t.Family, t.Name, c.Name, -1, *r); err != nil {
				return err
			}
		}
	}
	return nil
}

// copy makes the rules of another Ruleset in rs, which has none.
func (rs *Ruleset) copy(from *Ruleset) error {
	s := from.current()
	for id, t := range s.tables {
		if !t.used() {
			continue
		}
		for _, c := range t.sorted() {
			if c.builtin() {
				continue
			}
			if err := rs.NewChain(c.full); err != nil {
				return err
			}
		}
		for _, c := range s.tables[id].sorted() {
			if c.builtin() && c.policy == dropped {
				if err := rs.SetPolicy(c.full, Drop{}); err != nil {
					return err
				}
			}
			rules := make([]Rule, c.size)
			for i, r := range c.all() {
				rules[i] = r.Rule.clone()
			}
			if err := rs.Append(c.full, rules...); err != nil {
				return err
			}
		}
	}
	return nil
}
