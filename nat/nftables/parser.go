package nftables

import (
	"drydock/nat"
)

// A parser reads commands. What is wrong ends the command by a panic with a *fault, which
// parse recovers.
type parser struct {
	src     *source
	tokens  []token
	i       int
	defines map[string][]token
	depth   int  // of braces
	body    span // where the braces of a set begin
}

// A command is what is to be done to the tables.
type command struct {
	at    span
	do    func(x *executor) *fault
	rule  *ruleSpec // that is added, nil for none
	place place     // of it
}

// maxFaults is how many faults nft tells of.
const maxFaults = 10

// parse returns the commands of the input, or what is wrong with them.
func parse(src *source) (commands []command, faults []*fault) {
	p := &parser{src: src, tokens: lex(src.text), defines: make(map[string][]token)}
	for p.peek().kind != ending && len(faults) < maxFaults {
		if p.peek().kind == newline || p.accept(";") {
			if p.peek().kind == newline {
				p.i++
			}
			continue
		}
		from := p.i
		list, f := p.line()
		commands = append(commands, list...)
		if f != nil {
			faults = append(faults, f)
			p.skipLine(from)
		}
	}
	return commands, faults
}

// skipLine goes to the end of a line, behind the braces that have been opened since a token.
func (p *parser) skipLine(from int) {
	p.depth = 0
	open := 0
	for i := from; p.peek().kind != ending; i++ {
		t := p.tokens[i]
		if i >= p.i {
			if t.kind == newline && open <= 0 {
				p.i = i
				return
			}
			p.i = i
		}
		switch {
		case t.kind == ending:
			return
		case t.is("{"):
			open++
		case t.is("}"):
			open--
		}
	}
}

func (p *parser) line() (list []command, f *fault) {
	defer func() {
		if r := recover(); r != nil {
			var ok bool
			if f, ok = r.(*fault); !ok {
				panic(r)
			}
		}
	}()
	from := p.peek().at
	list = p.command()
	if t := p.peek(); t.kind != newline && t.kind != ending && !t.is(";") {
		panic(p.unexpected("end of file or newline or semicolon"))
	}
	at := span{from.from, p.peek().at.from + 1} // the end of the line is of the command
	for i := range list {
		if list[i].at == (span{}) {
			list[i].at = at
		}
	}
	return list, nil
}

func (p *parser) peek() token { return p.tokens[p.i] }

func (p *parser) peekAt(n int) token { return p.tokens[min(p.i+n, len(p.tokens)-1)] }

// next takes a token.
func (p *parser) next() token {
	t := p.tokens[p.i]
	if t.kind != ending {
		p.i++
	}
	return t
}

// last is where the token before is.
func (p *parser) last() span {
	if p.i == 0 {
		return span{}
	}
	return p.tokens[p.i-1].at
}

// accept takes the next token if it is that.
func (p *parser) accept(text string) bool {
	if p.peek().is(text) {
		p.i++
		return true
	}
	return false
}

// expect takes the next token, which must be that.
func (p *parser) expect(text string) token {
	if !p.peek().is(text) {
		name := text
		if n, ok := signNames[text]; ok {
			name = n
		}
		panic(p.unexpected(name))
	}
	return p.next()
}

// unexpected is the syntax error at the next token.
func (p *parser) unexpected(expecting string) *fault {
	t := p.peek()
	at := t.at
	if t.kind == newline || t.kind == ending {
		at.to = at.from + 1
	}
	message := "syntax error, unexpected " + t.name()
	if t.kind == ending {
		message = "syntax error, unexpected newline"
	}
	if expecting != "" {
		message += ", expecting " + expecting
	}
	return wrong(at, "%s", message)
}

// skipNewlines is for where lines may end inside of braces.
func (p *parser) skipNewlines() {
	for p.peek().kind == newline {
		p.i++
	}
}

// skipEnds is skipNewlines with semicolons.
func (p *parser) skipEnds() {
	for p.peek().kind == newline || p.peek().is(";") {
		p.i++
	}
}

// endStatement ends a line of a block. The last one may stand before the brace if it is loose.
func (p *parser) endStatement(loose bool) {
	if t := p.peek(); t.kind != newline && !t.is(";") && !(loose && t.is("}")) {
		panic(p.unexpected("newline or semicolon"))
	}
	p.skipEnds()
}

// identifier takes a name.
func (p *parser) identifier() token {
	t := p.peek()
	if t.kind == word && t.name() == "string" {
		return p.next()
	}
	panic(p.unexpected("string"))
}

// text takes a name or what is in quotes.
func (p *parser) text() token {
	t := p.peek()
	if t.kind == quoted || t.kind == word {
		return p.next()
	}
	panic(p.unexpected("string or quoted string or string with a trailing asterisk"))
}

// number takes a number.
func (p *parser) number() (uint64, token) {
	t := p.peek()
	n, ok := parseNumber(t.text)
	if t.kind != number || !ok {
		panic(p.unexpected("number"))
	}
	p.i++
	return n, t
}

// families are those that there are.
var families = map[string]nat.Family{"ip": nat.FamilyIP, "ip6": nat.FamilyIP6, "inet": nat.FamilyINet}

// others are families that are not here.
var others = map[string]bool{"arp": true, "bridge": true, "netdev": true}

// family takes a family, ip if there is none.
func (p *parser) family() (f nat.Family, given bool) {
	t := p.peek()
	if t.kind != word {
		return nat.FamilyIP, false
	}
	if others[t.text] {
		panic(unsupported(t.at))
	}
	if f, given = families[t.text]; given {
		p.i++
	}
	return f, given
}

// A place is what a command is about.
type place struct {
	family      nat.Family
	table, name token
}

// tablePlace takes [family] table.
func (p *parser) tablePlace() (at place) {
	at.family, _ = p.family()
	at.table = p.identifier()
	return at
}

// namePlace takes [family] table name.
func (p *parser) namePlace() place {
	at := p.tablePlace()
	at.name = p.identifier()
	return at
}

// comment takes comment "text".
func (p *parser) comment() string {
	t := p.text()
	if len(t.text) > 128 {
		panic(wrong(t.at, "comment too long, 128 characters maximum allowed"))
	}
	return t.text
}
