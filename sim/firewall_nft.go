package sim

import (
	"slices"
	"strings"

	"drydock/nat"
	"drydock/nat/nftables"
	"drydock/sim/internal/engine"
)

// With --firewall-backend=nftables commands are those of nft. They change nothing in what is for the rules
// of iptables, nor the other way round.

// nftCommand returns a command of nft, and the comment of the rule that its own goes before.
func nftCommand(command string) (line, before string, ok bool) {
	line, ok = strings.CutPrefix(command, engine.Nft)
	if rest, has := strings.CutPrefix(command, engine.NftBefore); has {
		before, line, _ = strings.Cut(rest, ": ")
	}
	return line, before, ok
}

// within is the firewall in an edit of the tables of nft.
func (f firewall) within(tx *nat.NftEdit) firewall {
	f.nft, f.tx = nil, tx
	return f
}

// isOff reports whether a command of nft is for a family that dockerd leaves alone.
func (f firewall) isOff(line string) bool {
	return slices.ContainsFunc(f.off, func(family nat.Family) bool {
		return strings.Contains(line, " "+family.String()+" "+nftTables)
	})
}

// A nftChain is where a rule of nft is.
type nftChain struct {
	family      nat.Family
	table, name string
}

// editNft does something in one edit. As dockerd does, it writes the chains anew whose rules it has changed: what others have put
// there is gone, and all count from 0.
func (f firewall) editNft(do func(in firewall) error) error {
	return f.nft.Edit(func(tx *nat.NftEdit) error {
		in := f.within(tx)
		in.wrote = new([]nftChain)
		if err := do(in); err != nil {
			return err
		}
		for _, c := range *in.wrote {
			if err := tx.Rewrite(c.family, c.table, c.name); err != nil && err != nat.ErrNotThere {
				return err
			}
		}
		return nil
	})
}

// nftDo does something in the tables of nft, in an edit of their own if there is none.
func (f firewall) nftDo(do func(in firewall) error) error {
	switch {
	case f.tx != nil:
		return do(f)
	case f.nft != nil:
		return f.editNft(do)
	}
	return nil
}

// note notes the chain whose rules a command changes.
func (f firewall) note(line string) {
	rest, ok := strings.CutPrefix(line, "add rule ")
	words := strings.Fields(rest)
	if !ok || len(words) < 3 {
		return
	}
	for _, family := range []nat.Family{nat.FamilyIP, nat.FamilyIP6} {
		c := nftChain{family, words[1], words[2]}
		if words[0] == family.String() && !slices.Contains(*f.wrote, c) {
			*f.wrote = append(*f.wrote, c)
		}
	}
}

// runNft runs a command of nft.
func (f firewall) runNft(line, before string) error {
	return f.nftDo(func(in firewall) error {
		in.note(line)
		return nftables.Do(in.tx, line, before)
	})
}

// hasNft reports whether a rule of nft is there.
func (f firewall) hasNft(line string) (has bool) {
	f.nftDo(func(in firewall) error {
		has = nftables.Has(in.tx, line)
		return nil
	})
	return has
}

// deleteNft deletes what commands of nft have added, the last first: elements lead to chains.
func (f firewall) deleteNft(commands []string) {
	f.nftDo(func(in firewall) error {
		for _, c := range slices.Backward(commands) {
			if line, _, ok := nftCommand(c); ok && !f.isOff(line) {
				in.note(line)
				nftables.Undo(in.tx, line)
			}
		}
		return nil
	})
}

// nftTables are those that dockerd makes.
const nftTables = "docker-bridges"

// otherBackend deletes what dockerd has left of the backend that it had before. The user's chain of
// iptables stays, with the rule that leads to it.
func (h *Host) otherBackend() {
	d := h.dockerd()
	if !d.nftables {
		h.tables.Nft().Edit(func(tx *nat.NftEdit) error {
			for _, f := range []nat.Family{nat.FamilyIP, nat.FamilyIP6} {
				if !slices.Contains(d.filtersNot(), f) {
					tx.DeleteTable(f, nftTables)
				}
			}
			return nil
		})
		return
	}
	f := h.iptables()
	for e := range h.otherBridges(nil) {
		e.Daemon.Nftables = false
		for _, proxy := range []bool{true, false} {
			e.Daemon.UserlandProxy = proxy
			f.delete(h.engine.NetworkRules(e, h.otherBridges(nil)))
		}
	}
	for _, rs := range []*nat.Ruleset{f.v4, f.v6} {
		if rs == nil {
			continue
		}
		rs.Edit(func(tx *nat.Ruleset) error {
			for _, table := range []string{"nat", "filter"} {
				clearDocker(tx, table)
			}
			return nil
		})
	}
}

// clearDocker deletes dockerd's chains of a table, and the rules that lead to them.
func clearDocker(rs *nat.Ruleset, table string) {
	chains := slices.Collect(rs.Chains(table))
	ofDocker := func(name string) bool { return strings.HasPrefix(name, "DOCKER") && name != "DOCKER-USER" }
	for _, c := range chains {
		at := 0
		var rules []nat.Rule
		for r := range rs.Rules(c) {
			rules = append(rules, r)
		}
		for _, r := range rules {
			at++
			if j, ok := r.Target.(nat.Jump); ok && ofDocker(j.Chain) {
				rs.DeleteAt(c, at)
				at--
			}
		}
	}
	for _, c := range chains {
		if _, name, _ := strings.Cut(string(c), "/"); ofDocker(name) {
			rs.Flush(c)
			rs.DeleteChain(c)
		}
	}
}
