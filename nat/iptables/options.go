package iptables

import (
	"slices"
	"strings"

	"drydock/nat"
)

// A baseOption is an option of every command line.
type baseOption struct {
	long     string
	short    byte // '0' of --line-numbers, which has no short form
	value    bool // takes one
	optional bool // may have one in its own word: -L, -w
}

// Spellings of one option follow each other.
var baseOptions = []baseOption{
	{"append", 'A', true, false}, {"delete", 'D', true, false}, {"check", 'C', true, false},
	{"insert", 'I', true, false}, {"replace", 'R', true, false},
	{"list", 'L', false, true}, {"list-rules", 'S', false, true}, {"flush", 'F', false, true}, {"zero", 'Z', false, true},
	{"new-chain", 'N', true, false}, {"delete-chain", 'X', false, true}, {"rename-chain", 'E', true, false},
	{"policy", 'P', true, false},
	{"source", 's', true, false}, {"src", 's', true, false},
	{"destination", 'd', true, false}, {"dst", 'd', true, false},
	{"protocol", 'p', true, false}, {"proto", 'p', true, false}, {"fragments", 'f', false, false},
	{"in-interface", 'i', true, false}, {"out-interface", 'o', true, false},
	{"jump", 'j', true, false}, {"goto", 'g', true, false}, {"match", 'm', true, false}, {"table", 't', true, false},
	{"numeric", 'n', false, false}, {"verbose", 'v', false, false}, {"exact", 'x', false, false},
	{"line-numbers", '0', false, false}, {"set-counters", 'c', true, false},
	{"wait", 'w', false, true}, {"wait-interval", 'W', true, false}, {"version", 'V', false, false}, {"help", 'h', false, true},
	{"ipv4", '4', false, false}, {"ipv6", '6', false, false},
}

// shortOption returns the option of a letter. Of several spellings it is the first.
func shortOption(letter byte) (*baseOption, bool) {
	i := slices.IndexFunc(baseOptions, func(o baseOption) bool { return o.short == letter && letter != '0' })
	if i < 0 {
		return nil, false
	}
	return &baseOptions[i], true
}

// use reads the option with its value.
func (o *baseOption) use(p *parser, value string) error {
	// These are commands, of which a line has one; -Z beside -L or -S is the exception.
	if strings.IndexByte("ACDIRLSFZNXEP", o.short) >= 0 {
		return p.setCommand(o.short, value)
	}
	switch o.short {
	case 's', 'd', 'p', 'f', 'i', 'o', 'j', 'g', 'n', 'v', 'x', '0', 'c':
		if err := p.once(o.short); err != nil {
			return err
		}
		return p.setOption(o.short, value)
	// Extensions may come several times, each with options of its own.
	case 'm':
		if p.not {
			return wrong("unexpected ! flag before --match")
		}
		return p.loadMatch(value)
	case 't':
		switch {
		case p.not:
			return wrong("unexpected ! flag before --table")
		case p.restore:
			return wrong("The -t option cannot be used in %s.\n", programName(p.v6, true))
		}
		if p.table = value; !slices.Contains(tables, value) {
			return noTable(value)
		}
	case 'w', 'W':
		return p.wait(o.short, value)
	case 'V', 'h':
		p.letter = o.short
	// iptables says nothing about -6 but its hint. iptables-restore skips the line, so
	// that one file may serve both families.
	case '4', '6':
		if p.v6 != (o.short == '6') {
			if !p.restore {
				return &Error{kind: badParameter}
			}
			p.otherFamily = true
		}
	}
	return nil
}

// once refuses an option that comes twice, and "!" where it means nothing.
func (p *parser) once(letter byte) error {
	if letter == 'f' && p.v6 {
		return wrong("`-f' is not supported in IPv6, use -m frag instead")
	}
	shown := letter
	if letter == 'g' {
		shown = 'j'
	}
	if p.has(shown) && letter != 'v' {
		return wrong("multiple -%c flags not allowed", shown)
	}
	if p.not && strings.IndexByte("sdpfio", letter) < 0 {
		return wrong("cannot have ! before -%c", shown)
	}
	p.given = append(p.given, shown)
	return nil
}

// setOption reads the options of rules and of lists. Addresses are kept as words: only at
// the end is it known whether "!" goes with several of them.
func (p *parser) setOption(letter byte, value string) (err error) {
	// A value that is wrong is told at once, before what follows is looked at; that of -s
	// and -d at the end.
	switch letter {
	case 's':
		p.shost, p.notSrc = value, p.not
	case 'd':
		p.dhost, p.notDst = value, p.not
	case 'p': // iptables reads the word, so that "-ptcp" is a protocol of that name
		if p.proto.Number, err = parseProtocol(strings.ToLower(p.word)); err == nil && p.proto.Number == 0 && p.not {
			err = wrong("rule would never match protocol")
		}
		p.proto.Not = p.not
	case 'i', 'o':
		var i nat.Interface
		if i, err = parseInterface(value, p.not); i.Name == "+" && !i.Not { // every one of them
			i = nat.Interface{}
		}
		if letter == 'i' {
			p.rule.In = i
		} else {
			p.rule.Out = i
		}
	case 'f':
		p.rule.Fragment = nat.FollowingFragments
		if p.not {
			p.rule.Fragment = nat.FirstFragments
		}
	case 'j', 'g': // the word again
		return p.loadTarget(p.word, letter == 'g')
	case 'n':
		p.numeric = true
	case 'v':
		p.verbose++
	case 'x':
		p.exact = true
	case '0':
		p.lineNumbers = true
	case 'c':
		return p.setCounters(value)
	}
	return err
}

// setCounters reads "-c 12 3456" or "-c 12,3456".
func (p *parser) setCounters(packets string) error {
	// The second number may stand in a word of its own, but not begin with a dash. A comma
	// in front is none.
	bytes, joined := "", false
	if i := strings.IndexByte(packets[min(1, len(packets)):], ','); i >= 0 {
		packets, bytes, joined = packets[:i+1], packets[i+2:], true
	}
	if !joined {
		var ok bool
		if bytes, ok = p.optional(); !ok {
			return wrong("-c requires packet and byte counter")
		}
	}
	var ok bool
	p.counted = true
	if p.counters.Packets, ok = scanUint(packets); !ok {
		return wrong("-c packet counter not numeric")
	}
	if p.counters.Bytes, ok = scanUint(bytes); !ok {
		return wrong("-c byte counter not numeric")
	}
	return nil
}

// wait reads the time of -w and -W, for which nobody waits here. What follows its digits is
// not looked at.
func (p *parser) wait(letter byte, value string) error {
	if p.restore {
		return wrong("You cannot use `-%c' from iptables-restore", letter)
	}
	if value == "" {
		var ok bool
		if value, ok = p.optional(); !ok {
			p.waits = p.waits || letter == 'w'
			return nil
		}
	}
	n, _, ok := leadingUint(strings.TrimPrefix(value, "-"))
	switch {
	case letter == 'w' && !ok:
		return wrong("wait seconds not numeric")
	case letter == 'w':
		p.waits = true
	case !ok:
		return wrong("wait interval not numeric")
	case n > 999999:
		return wrong("too long usec wait %d > 999999 usec", n)
	default:
		p.polls = true
	}
	return nil
}

// setCommand reads a command with what belongs to it.
func (p *parser) setCommand(letter byte, chain string) error {
	if p.not {
		return wrong("unexpected '!' flag")
	}
	// -L -Z lists and zeroes at once, so that nothing is counted in between and lost.
	listed := func(c byte) bool { return c == 'L' || c == 'S' }
	switch {
	case p.letter == 0:
		p.letter = letter
	case letter == 'Z' && listed(p.letter):
		p.zero = true
	case listed(letter) && p.letter == 'Z':
		p.letter, p.zero = letter, true
	default:
		return wrong("Cannot use -%c with -%c", letter, p.letter)
	}
	// A chain need not exist: that is for the ruleset to say.
	p.chain = chain
	switch letter {
	case 'L', 'S', 'Z', 'F', 'X':
		if p.chain == "" {
			p.chain, _ = p.optional()
		}
	case 'N':
		if err := parseChainName(chain); err != nil {
			return err
		}
	case 'E':
		var ok bool
		if p.newName, ok = p.optional(); !ok {
			return wrong("-E requires old-chain-name and new-chain-name")
		}
		return parseChainName(p.newName)
	case 'P':
		var ok bool
		if p.policy, ok = p.optional(); !ok {
			return wrong("-P requires a chain and a policy")
		}
	}
	// -D INPUT 3 and the like; -A and -C take no number, and -F none either.
	if strings.IndexByte("DIRLSZ", letter) < 0 || p.chain == "" {
		return nil
	}
	return p.ruleNumber(letter)
}

// ruleNumber reads the number of a rule behind its chain.
func (p *parser) ruleNumber(letter byte) error {
	s, ok := p.optional()
	switch {
	case !ok && letter == 'R':
		return wrong("-R requires a rule number")
	case !ok && letter == 'I':
		s, ok = "1", true
	case !ok:
		return nil
	}
	// A word that is no number is no rule, since no option is without a dash.
	n, ok := parseUint(s, 1<<31-1)
	if !ok || n == 0 {
		return wrong("Invalid rule number `%s'", s)
	}
	p.numbered, p.number = true, int(n)
	return nil
}

// allowed checks that the options given go with the command.
func (p *parser) allowed() error {
	// What all others may have besides: -v, which they take without saying more.
	may := "v"
	switch {
	case p.letter == 'A' || p.letter == 'I' || p.letter == 'R':
		may = "sdpfjviocm"
	case p.letter == 'C' || p.letter == 'D' && !p.numbered:
		may = "sdpfjviom"
	case p.letter == 'L':
		may = "nvx0"
	case p.letter == 'P':
		may = "vc"
	}
	for _, o := range []byte("nsdpfjvxio0c") {
		if p.has(o) && strings.IndexByte(may, o) < 0 {
			return wrong("Illegal option `-%c' with this command", o)
		}
	}
	return nil
}
