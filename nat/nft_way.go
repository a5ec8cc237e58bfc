package nat

import "drydock/nat/conntrack"

// at returns the base chains that a packet comes to where it is, nil for none.
func (n *Nftables) at(p *packet) *hookChains {
	s := n.state.Load()
	if s == nil {
		return nil
	}
	v6 := 0
	if p.v6 {
		v6 = 1
	}
	return s.hooks[v6][p.hook]
}

// consultAll asks base chains about p. It is false if one drops p.
func (t *Tables) consultAll(chains []baseChain, p *packet) bool {
	for i := range chains {
		if !t.consultBase(&chains[i], p) {
			return false
		}
	}
	return true
}

func (t *Tables) consultBase(b *baseChain, p *packet) bool {
	p.nft = b.nft
	if p.hook == postrouting && p.in == "" { // nft sees there by what a forwarded packet came
		p.in = t.cameBy(p)
	}
	v := b.prog.run(b.chain, p)
	if p.hook == postrouting {
		p.in = ""
	}
	return v != dropped || t.dropRuled(p)
}

// cameBy returns the interface by which a packet that leaves has come, "" for what the machine sends and
// what passes a bridge.
func (t *Tables) cameBy(p *packet) string {
	if p.borrowed || p.pkt == nil || p.pkt.InputNICID == 0 {
		return ""
	}
	return t.nicName(p.pkt.InputNICID)
}

// askNAT asks the chains of type nat and table nat about the first packet of a connection. The first
// that translates it, or that takes its end for decided, is the last one.
func (t *Tables) askNAT(p *packet, done conntrack.Status) bool {
	nft := t.nft.at(p)
	if nft == nil {
		return t.consult(natTable, p)
	}
	for _, b := range nft.nat[0] {
		if !t.consultBase(&b, p) {
			return false
		}
		if p.conn.Status()&done != 0 {
			return true
		}
	}
	if !t.consult(natTable, p) {
		return false
	}
	for _, b := range nft.nat[1] {
		if p.conn.Status()&done != 0 {
			return true
		}
		if !t.consultBase(&b, p) {
			return false
		}
	}
	return true
}

// passLoop passes what comes back by lo through PREROUTING, which neither tracks nor translates it
// again.
func (t *Tables) passLoop(p *packet) bool {
	nft := t.nft.at(p)
	for i, s := range ways[prerouting] {
		if nft != nil && !t.consultAll(nft.slots[i], p) || s.kind == consulting && !t.consult(s.table, p) {
			return false
		}
	}
	return nft == nil || t.consultAll(nft.slots[len(ways[prerouting])], p)
}
