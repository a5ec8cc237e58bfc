package iproute2

import (
	"net/netip"
	"strconv"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/internal/inet"
)

var ssStates = map[string]stateSet{
	"all": allStates, "established": setOf(sim.SocketEstablished), "syn-sent": setOf(sim.SocketSynSent),
	"syn-recv": setOf(sim.SocketSynReceived), "fin-wait-1": setOf(sim.SocketFinWait1), "fin-wait-2": setOf(sim.SocketFinWait2),
	"time-wait": setOf(sim.SocketTimeWait), "closed": setOf(sim.SocketClosed), "unconnected": setOf(sim.SocketClosed),
	"close-wait": setOf(sim.SocketCloseWait), "last-ack": setOf(sim.SocketLastAck), "listening": setOf(sim.SocketListening),
	"closing":      setOf(sim.SocketClosing),
	"connected":    allStates &^ setOf(sim.SocketClosed, sim.SocketListening),
	"synchronized": allStates &^ setOf(sim.SocketClosed, sim.SocketListening, sim.SocketSynSent),
	"bucket":       setOf(sim.SocketSynReceived, sim.SocketTimeWait),
	"big":          allStates &^ setOf(sim.SocketSynReceived, sim.SocketTimeWait),
}

// A predicate tells whether a socket is shown.
type predicate = func(sim.Socket) bool

// parseFilter reads states and the expression behind the options.
func (s *socketStat) parseFilter(words []string) error {
	for len(words) > 0 && (words[0] == "state" || words[0] == "exclude") {
		if len(words) < 2 {
			return fail(exit, "ss: wrong state name: ")
		}
		set, ok := ssStates[strings.ToLower(words[1])]
		if !ok {
			return fail(exit, "ss: wrong state name: "+words[1])
		}
		if words[0] == "exclude" {
			s.states = allStates &^ set
		} else {
			s.states |= set
		}
		words = words[2:]
	}
	if len(words) == 0 {
		return nil
	}
	p := filterParser{words: arguments(splitWords(words)), ss: s}
	f, ok := p.or(0)
	if !ok || len(p.words) > 0 {
		return failure{exit, "ss: bison bellows (while parsing filter): \"syntax error!\" Sorry.\n" + ssUsage}
	}
	s.filter = f
	return nil
}

// splitWords makes brackets words of their own.
func splitWords(words []string) []string {
	text := strings.Join(words, " ")
	for _, bracket := range []string{"(", ")"} {
		text = strings.ReplaceAll(text, bracket, " "+bracket+" ")
	}
	return strings.Fields(text)
}

// maxBrackets bounds how deep expressions are.
const maxBrackets = 100

type filterParser struct {
	words arguments
	ss    *socketStat
}

func (p *filterParser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

// or reads terms that one of must be true.
func (p *filterParser) or(depth int) (predicate, bool) {
	f, ok := p.and(depth)
	for ok && (p.peek() == "or" || p.peek() == "|" || p.peek() == "||") {
		p.words.next()
		left := f
		var right predicate
		if right, ok = p.and(depth); ok {
			f = func(k sim.Socket) bool { return left(k) || right(k) }
		}
	}
	return f, ok
}

// and reads terms that must be true together; the word may be left out.
func (p *filterParser) and(depth int) (predicate, bool) {
	f, ok := p.term(depth)
	for ok {
		switch word := p.peek(); word {
		case "and", "&", "&&":
			p.words.next()
		case "", ")", "or", "|", "||":
			return f, true
		}
		left := f
		var right predicate
		if right, ok = p.term(depth); ok {
			f = func(k sim.Socket) bool { return left(k) && right(k) }
		}
	}
	return f, ok
}

func (p *filterParser) term(depth int) (predicate, bool) {
	word, ok := p.words.next()
	if !ok || depth > maxBrackets {
		return nil, false
	}
	switch word {
	case "(":
		f, ok := p.or(depth + 1)
		end, _ := p.words.next()
		return f, ok && end == ")"
	case "not", "!":
		f, ok := p.term(depth + 1)
		return func(k sim.Socket) bool { return !f(k) }, ok
	case "sport", "dport":
		return p.port(word == "sport")
	case "src", "dst":
		return p.host(word == "src")
	}
	return nil, false
}

// operators are those that compare ports.
var operators = map[string]func(a, b int) bool{
	"=": func(a, b int) bool { return a == b }, "==": func(a, b int) bool { return a == b }, "eq": func(a, b int) bool { return a == b },
	"!=": func(a, b int) bool { return a != b }, "ne": func(a, b int) bool { return a != b }, "neq": func(a, b int) bool { return a != b },
	">": func(a, b int) bool { return a > b }, "gt": func(a, b int) bool { return a > b },
	"<": func(a, b int) bool { return a < b }, "lt": func(a, b int) bool { return a < b },
	">=": func(a, b int) bool { return a >= b }, "ge": func(a, b int) bool { return a >= b }, "geq": func(a, b int) bool { return a >= b },
	"<=": func(a, b int) bool { return a <= b }, "le": func(a, b int) bool { return a <= b }, "leq": func(a, b int) bool { return a <= b },
}

// port reads the comparison of a port, which may be a service's name, with its colon or not.
func (p *filterParser) port(local bool) (predicate, bool) {
	word, _ := p.words.next()
	compare, ok := operators[word]
	if ok {
		word, _ = p.words.next()
	} else {
		compare = operators["="]
	}
	port, ok := p.ss.portOf(strings.TrimPrefix(word, ":"))
	return func(k sim.Socket) bool {
		if local {
			return compare(int(k.Local.Port()), port)
		}
		return compare(int(k.Remote.Port()), port)
	}, ok
}

// portOf returns the port that a number or the name of a service stands for.
func (s *socketStat) portOf(word string) (int, bool) {
	if n, err := strconv.ParseUint(word, 10, 16); err == nil {
		return int(n), true
	}
	service, ok := inet.ReadServices(s.Call).Find(word, "")
	return int(service.Port), ok
}

// host reads an address, a network, and a port behind a colon.
func (p *filterParser) host(local bool) (predicate, bool) {
	word, _ := p.words.next()
	if word == "=" || word == "==" {
		word, _ = p.words.next()
	}
	port := 0
	if at := strings.LastIndex(word, ":"); at >= 0 && (strings.Count(word, ":") == 1 || strings.Contains(word, "]:")) {
		var ok bool
		if port, ok = p.ss.portOf(word[at+1:]); !ok && word[at+1:] != "*" {
			return nil, false
		}
		word = word[:at]
	}
	word = strings.Trim(word, "[]")
	var in netip.Prefix
	if word != "" && word != "*" {
		n, err := parsePrefix(word, 0)
		if err != nil {
			return nil, false
		}
		in = n
	}
	return func(k sim.Socket) bool {
		ap := k.Remote
		if local {
			ap = k.Local
		}
		return (!in.IsValid() || in.Contains(ap.Addr().WithZone(""))) && (port == 0 || port == int(ap.Port()))
	}, true
}
