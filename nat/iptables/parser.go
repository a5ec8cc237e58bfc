package iptables

import (
	"slices"
	"strings"

	"drydock/nat"
)

// A parser reads a command line the way getopt_long and iptables do, word by word:
// an option is known if its extension is, so "-p tcp" must precede "--dport".
//
// It fills in the command as the words come and leaves three things to the end (finish.go):
// the addresses, since "!" with several of them is refused; the matches and the target,
// since an option may come behind another -m; and what does not go with the command. An
// extension reads its options into a value of its own, which is part of the rule only then.
type parser struct {
	command
	scope
	restore bool // a line of iptables-restore's input
	bare    bool // no command means a rule alone
	args    []string
	next    int    // index of the next word
	word    string // the word that is being read

	waits      bool // -w came
	polls      bool // -W came
	not        bool // "!" came last
	given      []byte
	extensions []*extension // in the order of -m, the target among them
	target     *extension
	implied    bool // the protocol's match was loaded for an option
	shost      string
	dhost      string
	notSrc     bool
	notDst     bool
}

// parse reads the command line, without the name of the program.
func (p *parser) parse() (*command, error) {
	if p.table == "" { // not that of iptables-restore's input
		p.table = "filter"
	}
	if err := p.words(); err != nil {
		return nil, err
	}
	if p.ended() {
		return &p.command, nil
	}
	if p.bare && p.letter == 0 {
		p.letter = 'A'
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	return &p.command, nil
}

// words reads all words but those behind "--".
// words reads all words. What follows "--" must not be there: iptables has no operands.
func (p *parser) words() error {
	for p.next < len(p.args) {
		p.word = p.args[p.next]
		p.next++
		var err error
		// getopt_long would move operands to the end; iptables turns that off and takes
		// any word that it does not expect for an error.
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
			return &Error{kind: badArgument, Message: "Bad argument `" + p.word + "'"}
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
	// -nvL is three options. What takes a value takes the rest of the word, or else the
	// next one.
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
	// "--dport=80" is "--dport 80", but a flag takes no "=".
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
	// That of a protocol by number, "-p 6", too. It comes once: a second unknown option is
	// unknown.
	k := impliedMatch(p.proto.Number, p.v6)
	if k == nil || p.implied || slices.ContainsFunc(p.extensions, func(e *extension) bool { return e.name == k.name }) {
		return false
	}
	p.implied = true
	p.load(k.begin(&p.scope))
	return true
}

// loadMatch reads what follows -m.
func (p *parser) loadMatch(name string) error {
	k := matchNamed(name, p.v6)
	if k == nil {
		if other := matchKinds[name]; other != nil { // its messages have one name for all
			name = other.name
		}
		return wrong("Couldn't load match `%s':No such file or directory\n", name)
	}
	p.load(k.begin(&p.scope))
	return nil
}

// loadTarget reads what follows -j or -g.
func (p *parser) loadTarget(name string, goes bool) error {
	switch {
	case name == "":
		return wrong("Invalid target name (too short)")
	case len(name) > maxChainName:
		return wrong("Invalid target name `%s' (28 chars max)", name)
	// The kernel would take such a name.
	case strings.ContainsAny(name, " \t\n\v\f\r"):
		return wrong("Invalid target name `%s'", name)
	}
	switch k := targetNamed(name, p.v6); {
	case goes:
		p.rule.Target = nat.Goto{Chain: name}
	case k == nil:
		p.rule.Target = nat.Jump{Chain: name}
	default:
		p.target = k.begin(&p.scope)
		p.load(p.target)
	}
	return nil
}

func (p *parser) load(e *extension) {
	e.seen = make([]int, len(e.options))
	p.extensions = append(p.extensions, e)
}

func (p *parser) has(option byte) bool { return slices.Contains(p.given, option) }
