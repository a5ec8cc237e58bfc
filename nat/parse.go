package nat

import (
	"slices"
	"strings"
)

// A commandLine is what an iptables command line says.
type commandLine struct {
	table       tableID
	command     byte // the letter of its short option; 0: none, 'V' and 'h' end at once
	numbered    bool // -D, -I, -R, -L, -S or -Z with the number of a rule
	number      int
	chain       string
	newName     string // of -E
	policy      string // of -P
	rule        Rule   // without its addresses
	srcs, dsts  []Network
	counters    Counters
	counted     bool // that counters are given
	verbose     int
	numeric     bool
	exact       bool
	lineNumbers bool
	zero        bool // -Z beside -L or -S
	otherFamily bool // -6 in a line for iptables-restore: to be skipped
}

// A parser reads a command line the way getopt_long and iptables do, word by word:
// an option is known if its extension is, so "-p tcp" must precede "--dport".
type parser struct {
	commandLine
	v6      bool
	restore bool // a line of iptables-restore's input
	bare    bool // no command means a rule alone
	args    []string
	next    int    // index of the next word
	word    string // the word that is being read

	not        bool // "!" came last
	given      []byte
	extensions []*extension // in the order of -m, the target among them
	target     *extension
	implied    bool // the protocol's match was loaded for an option
	shost      string
	dhost      string
}

// parse reads the command line, without the name of the program.
func (p *parser) parse() (*commandLine, error) {
	p.table = filterTable
	if err := p.words(); err != nil {
		return nil, err
	}
	if p.ended() {
		return &p.commandLine, nil
	}
	if p.bare && p.command == 0 {
		p.command = 'A'
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	return &p.commandLine, nil
}

// ended reports whether what follows does not matter.
func (p *parser) ended() bool { return p.command == 'V' || p.command == 'h' || p.otherFamily }

// words reads all words but those behind "--".
func (p *parser) words() error {
	for p.next < len(p.args) {
		p.word = p.args[p.next]
		p.next++
		var err error
		switch {
		case p.word == "--":
			if p.next < len(p.args) {
				return wrong("unknown arguments found on commandline")
			}
		case strings.HasPrefix(p.word, "--"):
			err = p.long(p.word[2:])
		case len(p.word) > 1 && p.word[0] == '-':
			err = p.cluster(p.word[1:])
		case p.word == "!":
			if p.not {
				return wrong("multiple consecutive ! not allowed")
			}
			p.not = true
			continue
		default:
			return &CommandError{kind: badArgument, Message: "Bad argument `" + p.word + "'"}
		}
		if err != nil {
			return err
		}
		p.not = false
		if p.ended() {
			return nil
		}
	}
	return nil
}

// cluster reads short options: "-nvL", "-I", "-tnat".
func (p *parser) cluster(letters string) error {
	for letters != "" {
		o, ok := shortOption(letters[0])
		letters = letters[1:]
		if !ok {
			return p.unknown()
		}
		value := ""
		switch {
		case o.value && letters == "":
			var err error
			if value, err = p.value(); err != nil {
				return err
			}
		case o.value || o.optional:
			value, letters = letters, ""
		}
		if err := o.use(p, value); err != nil {
			return err
		}
	}
	return nil
}

// long reads a long option, of the command line or of an extension.
func (p *parser) long(text string) error {
	name, value, joined := strings.Cut(text, "=")
	o, ok := p.findLong(name)
	if !ok || joined && !o.takesValue() && !(o.base != nil && o.base.optional) {
		if ok || !p.imply() {
			return p.unknown()
		}
		if o, ok = p.findLong(name); !ok || joined && !o.takesValue() {
			return p.unknown()
		}
	}
	if o.takesValue() && !joined {
		var err error
		if value, err = p.value(); err != nil {
			return err
		}
	}
	if o.base != nil {
		return o.base.use(p, value)
	}
	if o.ext.options[o.i].second {
		more, ok := p.optional()
		if !ok {
			return wrong("--%s requires two args.", o.ext.options[o.i].names[0])
		}
		value += "\x00" + more
	}
	return o.ext.use(o.i, value, p.not)
}

// value returns the value of an option in the next word, whatever that is.
func (p *parser) value() (string, error) {
	option := p.word
	if p.next >= len(p.args) {
		return "", wrong("option \"%s\" requires an argument", option)
	}
	p.word = p.args[p.next]
	p.next++
	return p.word, nil
}

// optional returns the next word if it can be no option.
func (p *parser) optional() (string, bool) {
	if p.next >= len(p.args) || strings.HasPrefix(p.args[p.next], "-") || strings.HasPrefix(p.args[p.next], "!") {
		return "", false
	}
	p.next++
	return p.args[p.next-1], true
}

func (p *parser) unknown() error { return wrong("unknown option \"%s\"", p.word) }

// imply loads the match of the rule's protocol for an option that nobody knows:
// "-p tcp --dport 80" is "-p tcp -m tcp --dport 80".
func (p *parser) imply() bool {
	name := ""
	switch n := p.rule.Proto.Number; {
	case n == ianaTCP:
		name = "tcp"
	case n == ianaUDP:
		name = "udp"
	case n == ianaICMP && !p.v6:
		name = "icmp"
	case n == ianaICMPv6 && p.v6:
		name = "icmp6"
	}
	if name == "" || p.implied || slices.ContainsFunc(p.extensions, func(e *extension) bool { return e.name == name }) {
		return false
	}
	p.implied = true
	p.load(newMatch(p, name))
	return true
}

func (p *parser) load(e *extension) {
	e.seen = make([]int, len(e.options))
	p.extensions = append(p.extensions, e)
}

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

func (p *parser) has(option byte) bool { return slices.Contains(p.given, option) }
