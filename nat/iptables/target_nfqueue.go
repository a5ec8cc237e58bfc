package iptables

import "drydock/nat"

var _ = registerTarget(targetKind{name: "NFQUEUE", begin: beginNFQueue}, func(t nat.NFQueue, _ column) (string, string) {
	return "NFQUEUE", "NFQUEUE" + t.Text(" ")
})

// beginNFQueue reads
//
//	--queue-num N, or --queue-balance N:N [--queue-cpu-fanout]
//	--queue-bypass
func beginNFQueue(*scope) *extension {
	var t nat.NFQueue
	raw := ""
	balance := rangeOption("NFQUEUE", "queue-balance", 0xffff, func(lo, hi uint64, given int, _ bool) error {
		switch {
		case given != 2:
			return wrong("Bad range \"%s\"", raw)
		case lo >= hi:
			return wrong("%d should be less than %d", lo, hi)
		}
		t.Num, t.Last = uint16(lo), uint16(hi)
		return nil
	}).exclusive()
	parse := balance.set
	balance.set = func(value string, not bool) error {
		raw = value
		return parse(value, not)
	}
	e := &extension{name: "NFQUEUE", target: func() nat.Target { return t }}
	e.options = []option{
		numberOption("NFQUEUE", "queue-num", 0, 0xffff, func(n uint64, _ bool) { t.Num = uint16(n) }).exclusive(),
		balance, flagOption("queue-bypass", &t.Bypass), flagOption("queue-cpu-fanout", &t.FanOut),
	}
	e.check = func() error {
		if t.FanOut && t.Last == 0 {
			return wrong("NFQUEUE: option \"--queue-cpu-fanout\" also requires \"--queue-balance\".\n")
		}
		return nil
	}
	return e
}
