package nftables

import (
	"drydock/nat"
)

// A parser reads commands. What is wrong ends the command by a panic with a *fault, which
// parse recovers.
type parser struct {
	*reader
	src   *source
	scope *scope
	depth int  // of braces of elements
	body  span // where the braces of a set begin
	width int  // the length of the prefix that was the last value, -1: it was none
	pair  *bool
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
	p := newParser(src, &lexer{text: src.text}, nil)
	for p.peek().kind != ending && len(faults) < maxFaults {
		if p.peek().kind == newline || p.peek().is(";") {
			p.next()
			continue
		}
		p.open, p.scope, p.depth = 0, p.scope.outermost(), 0
		list, f := p.line()
		commands = append(commands, list...)
		if f != nil {
			faults = append(faults, f)
			p.skipLine()
		}
	}
	return commands, faults
}

// newParser returns a parser of a text, or of tokens.
func newParser(src *source, l *lexer, tokens []token) *parser {
	return &parser{reader: newReader(l, tokens), src: src, scope: new(scope)}
}

// skipLine goes to the end of a line, behind the braces that the command has opened.
func (p *parser) skipLine() {
	p.leave()
	for t := p.peek(); t.kind != ending && (t.kind != newline || p.open > 0); t = p.peek() {
		p.next()
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

// accept takes the next token if it is that.
func (p *parser) accept(text string) bool {
	if p.peek().is(text) {
		p.next()
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
		p.next()
	}
}

// skipEnds is skipNewlines with semicolons.
func (p *parser) skipEnds() {
	for p.peek().kind == newline || p.peek().is(";") {
		p.next()
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
		if len(t.text) > maxName {
			panic(wrong(t.at, "name too long, %d characters maximum allowed", maxName))
		}
		return p.next()
	}
	panic(p.unexpected("string"))
}

// maxName is how long a name is at most, NFT_NAME_MAXLEN.
const maxName = 256

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
	p.next()
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
		p.next()
	}
	return f, given
}

// A place is what a command is about.
type place struct {
	family      nat.Family
	table, name token
	handle      uint64 // in the place of the last of these
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
