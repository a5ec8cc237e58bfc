package nftables

import (
	"errors"
	"slices"

	"drydock/nat"
)

// What is iptables' can be emptied and deleted by nft, and policies set. Rules that nft would add there are refused: they would
// have to be rules that iptables can show.

// openTable reports whether there is a table. In one of iptables nft may have chains and sets of its own, for which it is
// made one of nft, too.
func (x *executor) openTable(at place) bool {
	if _, ok := x.tx.Table(at.family, at.table.text); ok {
		return true
	}
	return x.iptables(at.family, at.table.text) != nil && x.tx.AddTable(nat.NftTable{Family: at.family, Name: at.table.text}) == nil
}

func (x *executor) deleteTable(f nat.Family, name string) error {
	err := x.tx.DeleteTable(f, name)
	if rs := x.iptables(f, name); rs != nil {
		return rs.Reset(name)
	}
	return err
}

func (x *executor) flushChain(f nat.Family, table, name string) error {
	if c, ok := x.ofIptables(f, table, name); ok {
		return c.rules.Flush(c.id)
	}
	return x.tx.FlushChain(f, table, name)
}

// add is to make a chain that is there: it may say another policy. What packets come to it by must be the same.
func (c chain) add(n nat.NftChain, policy policy) error {
	b := c.Base
	switch {
	case n.Base != nil && (b == nil || n.Base.Type != b.Type || n.Base.Hook != b.Hook || n.Base.Priority != b.Priority):
		return nat.ErrThere
	case policy.text == "":
		return nil
	case b == nil:
		return nat.ErrUnsupported
	case policy.text == "accept":
		return c.rules.SetPolicy(c.id, nat.Accept{})
	}
	if errors.Is(c.rules.SetPolicy(c.id, nat.Drop{}), nat.ErrTarget) { // of table nat
		return nat.ErrUnsupported
	}
	return nil
}

// delete deletes the rules of a chain with it.
func (c chain) delete() error {
	if c.rules.References(c.id) > 0 {
		return nat.ErrInUse
	}
	if err := c.rules.Flush(c.id); err != nil {
		return err
	}
	if c.Base != nil {
		return c.rules.Unmake(c.id)
	}
	return c.rules.DeleteChain(c.id)
}

// deleteRule deletes the rule with a handle, and reports whether there was one.
func (c chain) deleteRule(handle uint64) bool {
	at := slices.Index(c.rules.RuleHandles(c.id), handle)
	return at >= 0 && c.rules.DeleteAt(c.id, at+1) == nil
}

// rename refuses names that iptables does.
func (c chain) rename(name string) error {
	err := c.rules.RenameChain(c.id, name)
	for of, said := range map[error]error{nat.ErrChainExists: nat.ErrThere, nat.ErrChainName: nat.ErrUnsupported, nat.ErrBuiltin: nat.ErrUnsupported} {
		if errors.Is(err, of) {
			return said
		}
	}
	return err
}
