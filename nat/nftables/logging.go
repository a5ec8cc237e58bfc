package nftables

import (
	"drydock/nat"
)

// levels are syslog's.
var levels = []string{"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"}

// logFlags are by their words.
var logFlags = []struct {
	text string
	flag nat.LogFlags
}{{"skuid", nat.LogUID}, {"ether", nat.LogEther}, {"all", allLogFlags}}

const allLogFlags = nat.LogTCPSeq | nat.LogTCPOpts | nat.LogIPOpts | nat.LogUID | nat.LogEther

// logStatement takes log with its options in any order.
func (p *parser) logStatement(r *ruleSpec) {
	from := p.next().at
	l := nat.LogTo{Level: 4}
	hasLevel := false
	for {
		switch {
		case p.accept("prefix"):
			t := p.text()
			if len(t.text) > 127 {
				panic(wrong(t.at, "log prefix is too long"))
			}
			l.Prefix = t.text
			continue
		case p.accept("level"):
			l.Level, hasLevel = p.level(), true
			continue
		case p.accept("group"):
			n, _ := p.number()
			l.Group, l.HasGroup = uint16(n), true
			continue
		case p.accept("snaplen"):
			n, _ := p.number()
			l.SnapLen, l.HasGroup = uint32(n), true
			continue
		case p.accept("queue-threshold"):
			n, _ := p.number()
			l.Queue, l.HasGroup = uint16(n), true
			continue
		case p.accept("flags"):
			l.Flags |= p.logFlag()
			continue
		}
		break
	}
	if l.HasGroup && hasLevel {
		panic(wrong(from.upTo(p.last.at), "level and group are mutually exclusive"))
	}
	r.add(l)
}

func (p *parser) level() uint8 {
	t := p.text()
	for i, name := range levels {
		if name == t.text {
			return uint8(i)
		}
	}
	panic(wrong(t.at, "invalid log level"))
}

func (p *parser) logFlag() (f nat.LogFlags) {
	switch {
	case p.accept("tcp"):
		for {
			switch {
			case p.accept("sequence"):
				f |= nat.LogTCPSeq
			case p.accept("options"):
				f |= nat.LogTCPOpts
			default:
				panic(p.unexpected("options or sequence"))
			}
			if !p.accept(",") {
				return f
			}
		}
	case p.accept("ip"):
		p.expect("options")
		return nat.LogIPOpts
	}
	for _, known := range logFlags {
		if p.accept(known.text) {
			return known.flag
		}
	}
	panic(p.unexpected("all or ether or ip or skuid or tcp"))
}
