package bind9

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

const digUsageText = `Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}
            {global-d-opt} host [@local-server] {local-d-opt}
            [ host [@local-server] {local-d-opt} [...]]
`

const digSeeHelp = "\nUse \"dig -h\" (or \"dig -h | more\") for complete list of options\n"

const digHelp = digUsageText + `Where:  domain	  is in the Domain Name System
        q-class  is one of (in,hs,ch,...) [default: in]
        q-type   is one of (a,any,mx,ns,soa,hinfo,axfr,txt,...) [default:a]
        q-opt    is one of:
                 -4                  (use IPv4 query transport only)
                 -6                  (use IPv6 query transport only)
                 -c class            (specify query class)
                 -p port             (specify port number)
                 -q name             (specify query name)
                 -r                  (do not read ~/.digrc)
                 -t type             (specify query type)
                 -u                  (display times in usec instead of msec)
                 -x dot-notation     (shortcut for reverse lookups)
        d-opt    is of the form +keyword[=value], where keyword is:
                 +[no]additional +[no]adflag +[no]all +[no]answer +[no]authority
                 +bufsize=### +[no]cdflag +[no]cmd +[no]comments +[no]defname
                 +[no]dnssec +domain=### +[no]edns[=0] +[no]identify +[no]ignore
                 +ndots=### +[no]opcode=### +[no]qr +[no]question +[no]recurse +retry=###
                 +[no]search +[no]short +[no]stats +[no]tcp +timeout=###
                 +tries=### +[no]vc
`

// A flaw ends dig before it asks.
type flaw struct {
	status int
	text   string
}

func (f *flaw) Error() string { return f.text }

func invalidOption(arg string) error {
	return &flaw{digUsage, "Invalid option: " + arg + "\n" + digUsageText + digSeeHelp}
}

// parse reads the command line. It is done if nothing is to be asked.
func (d *digRun) parse(args []string) (done bool, status int) {
	p := digParser{run: d, defaults: newLookup()}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		var err error
		switch {
		case arg == "-h":
			d.Printf("%s", digHelp)
			return true, 0
		case arg == "-v":
			d.Printf("DiG %s\n", release)
			return true, 0
		case arg != "" && arg[0] == '@':
			l := p.current()
			l.servers = append(l.servers[:len(l.servers):len(l.servers)], arg[1:])
		case arg != "" && arg[0] == '+':
			err = p.plus(arg)
		case len(arg) > 1 && arg[0] == '-':
			args, err = p.minus(arg, args)
		default:
			err = p.word(arg)
		}
		var f *flaw
		if errors.As(err, &f) {
			return true, d.Fail(f.status, "%s", f.text)
		}
	}
	if len(d.lookups) == 0 {
		d.greets = d.cmd
		d.lookups = []digLookup{p.defaults}
	}
	return false, 0
}

// maxLookups bounds what one command line may ask.
const maxLookups = 10000

// A digParser reads the command line of a run. What stands before the first name is for
// all.
type digParser struct {
	run      *digRun
	defaults digLookup
}

// current returns the lookup that options are for.
func (p *digParser) current() *digLookup {
	if n := len(p.run.lookups); n > 0 {
		return &p.run.lookups[n-1]
	}
	return &p.defaults
}

// add begins a lookup of a name.
func (p *digParser) add(name string) (*digLookup, error) {
	if len(p.run.lookups) >= maxLookups {
		return nil, &flaw{digFatal, "dig: too many lookups\n"}
	}
	if len(p.run.lookups) == 0 {
		p.run.greets = p.run.cmd // what follows comes too late
	}
	l := p.defaults
	if l.name = name; !l.given {
		l.kind = dns.TypeA
	}
	p.run.lookups = append(p.run.lookups, l)
	return p.current(), nil
}

// word is a type, a class or a name.
func (p *digParser) word(arg string) error {
	if t, ok := typeOf(arg); ok {
		p.setType(t)
		return nil
	}
	if c, ok := classOf(arg); ok {
		p.current().class = c
		return nil
	}
	_, err := p.add(arg)
	return err
}

func (p *digParser) setType(t uint16) {
	l := p.current()
	if l.given {
		p.run.Printf(";; Warning, extra type option\n")
	}
	l.kind, l.given = t, true
}

// minus is an option with a dash. Its value is joined to it or follows.
func (p *digParser) minus(arg string, args []string) (rest []string, err error) {
	switch arg {
	case "-4", "-6":
		family := int(arg[1] - '0')
		if p.run.family != 0 && p.run.family != family {
			return nil, &flaw{digUsage, "dig: only one of -4 and -6 allowed\n"}
		}
		p.run.family = family
		return args, nil
	case "-r":
		return args, nil // there is no ~/.digrc
	case "-u":
		p.current().micro = true
		return args, nil
	}
	value := arg[2:]
	if value == "" {
		if len(args) == 0 {
			return nil, invalidOption(arg)
		}
		value, args = args[0], args[1:]
	}
	return args, p.valued(arg, value)
}

func (p *digParser) valued(arg, value string) (err error) {
	switch arg[1] {
	case 'c':
		if c, ok := classOf(value); ok {
			p.current().class = c
		} else {
			p.run.Printf(";; Warning, ignoring invalid class %s\n", value)
		}
	case 't':
		if t, ok := typeOf(value); ok {
			p.setType(t)
		} else {
			p.run.Printf(";; Warning, ignoring invalid type %s\n", value)
		}
	case 'p':
		p.run.port, err = parseNumber("port number", value, math.MaxUint16, digUsage)
	case 'q':
		_, err = p.add(value)
	case 'x':
		name, ok := reverse(value)
		if !ok {
			return &flaw{digUsage, "dig: Invalid IP address " + value + "\n"}
		}
		var l *digLookup
		if l, err = p.add(name); err == nil && !l.given {
			l.kind, l.class, l.given = dns.TypePTR, dns.ClassINET, true
		}
	default:
		return invalidOption(arg)
	}
	return err
}

// parseNumber tells faults as dighost.c's parse_uint does.
func parseNumber(what, value string, most uint64, status int) (int, error) {
	n, err := strconv.ParseUint(value, 10, 32)
	reason := "out of range"
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		reason = "not a valid number"
	case err == nil && n <= most:
		return int(n), nil
	}
	return 0, &flaw{status, fmt.Sprintf("invalid %s '%s': %s\ndig: Couldn't parse %[1]s\n", what, value, reason)}
}

// flagsOf returns the options that are on or off.
func (l *digLookup) flagsOf(cmd *bool) map[string][]*bool {
	return map[string][]*bool{
		"answer": {&l.answer}, "authority": {&l.authority}, "additional": {&l.additional}, "question": {&l.questions},
		"comments": {&l.comments}, "stats": {&l.stats}, "cmd": {cmd}, "short": {&l.short}, "identify": {&l.identify},
		"all":     {&l.answer, &l.authority, &l.additional, &l.questions, &l.comments, &l.stats, cmd},
		"recurse": {&l.recurse}, "rdflag": {&l.recurse}, "adflag": {&l.ad}, "cdflag": {&l.cd},
		"dnssec": {&l.dnssec}, "search": {&l.search}, "defname": {&l.search}, "ignore": {&l.ignore}, "qr": {&l.showQuery},
		"tcp": {&l.tcp}, "vc": {&l.tcp}, "edns": {&l.edns}, "cookie": {&l.cookie},
	}
}

// plus is an option with a plus. Names may be cut short to three letters.
func (p *digParser) plus(arg string) error {
	l := p.current()
	name, value, valued := strings.Cut(strings.ToLower(arg[1:]), "=")
	if valued {
		return p.plusValue(arg, name, value)
	}
	off := strings.HasPrefix(name, "no")
	name = strings.TrimPrefix(name, "no")
	if off && name == "opcode" {
		l.opcode = dns.OpcodeQuery
		return nil
	}
	found := ""
	all := l.flagsOf(&p.run.cmd)
	for n := range all {
		switch {
		case n == name:
			found = n
		case len(name) >= 3 && strings.HasPrefix(n, name) && found == "":
			found = n
		}
	}
	if found == "" {
		return invalidOption(arg)
	}
	for _, flag := range all[found] {
		*flag = !off
	}
	l.tcpGiven = l.tcpGiven || found == "tcp" || found == "vc"
	return nil
}

// plusValue is an option with a value.
func (p *digParser) plusValue(arg, name, value string) (err error) {
	l := p.current()
	number := func(what string, most uint64) int {
		n, e := parseNumber(what, value, most, digFatal)
		err = e
		return n
	}
	switch name {
	case "time", "timeout":
		l.timeout = max(number("timeout", math.MaxUint16), 1)
	case "tries":
		l.tries = max(number("tries", math.MaxUint32), 1)
	case "retry":
		l.tries = number("retries", math.MaxUint32-1) + 1
	case "ndots":
		l.ndots, l.search = number("ndots", maxNdots), true
	case "bufsize":
		l.bufsize = uint16(number("buffer size", math.MaxUint16))
	case "opcode":
		if l.opcode = opcodeOf(value); l.opcode < 0 {
			l.opcode = number("opcode", 15)
		}
	case "domain":
		l.domains, l.search = []string{value}, true
	case "edns":
		if number("edns", 255) != 0 {
			return invalidOption(arg)
		}
		l.edns = true
	default:
		return invalidOption(arg)
	}
	return err
}

// opcodeOf returns the number of an opcode's name, -1 if it is none.
func opcodeOf(name string) int {
	for n, text := range dns.OpcodeToString {
		if strings.EqualFold(text, name) {
			return n
		}
	}
	return -1
}

// maxNdots is RES_MAXNDOTS.
const maxNdots = 15

func ndotsOption(n int) string { return "ndots:" + strconv.Itoa(n) }
