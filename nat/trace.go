package nat

import "fmt"

// A Traced is a step of a packet that the target TRACE has marked, a rule that it matched
// or the policy of a chain, or a packet that met NFLOG. It is comparable.
type Traced struct {
	Hook    string // "FORWARD"
	Chain   Chain
	Rule    int    // counted from 1; the policy is one more than there are rules
	Verdict string // "rule", "return" or "policy", as Linux's TRACE has it; "nflog" of NFLOG
	Group   uint16 // of NFLOG
	Prefix  string // of NFLOG
	Packet  string // what LOG writes about it
}

// String returns the line that Linux logs: "TRACE: filter:INPUT:rule:2 IN=eth0 OUT= …".
func (t Traced) String() string {
	table, name := t.Chain.split()
	return fmt.Sprintf("TRACE: %s:%s:%s:%d %s", table, name, t.Verdict, t.Rule, t.Packet)
}

// trace tells of a rule of c, of which at is the number, or of its policy.
func (p *packet) trace(c *chain, at int, v verdict) {
	t := Traced{Hook: hookNames[p.hook], Chain: c.full, Rule: at, Verdict: "rule", Packet: traceLog.line(p)}
	switch {
	case at == 0:
		t.Verdict, t.Rule = "policy", c.size+1
	case v == returned:
		t.Verdict = "return"
	}
	if p.host.onTrace != nil {
		p.host.onTrace(t)
	}
	p.host.log(logWarning, t.String)
}

// traceLog has the fields of Linux's TRACE.
var traceLog = Log{TCPSeq: true, TCPOpts: true, IPOpts: true, UID: true}
