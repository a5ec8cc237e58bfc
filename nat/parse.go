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

func (p *parser) has(option byte) bool { return slices.Contains(p.given, option) }
