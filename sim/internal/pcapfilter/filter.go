// Package pcapfilter tells by an expression of pcap-filter(7), the language of tcpdump, which
// frames of Ethernet are wanted. It decides as libpcap does, also that what reads beyond the end
// of a frame makes the whole expression false.
//
// There are:
//
//	ip ip6 arp rarp tcp udp sctp icmp icmp6 igmp pim ah esp vrrp
//	[ip|ip6|arp|rarp] [src|dst|src or dst|src and dst] [host] ADDRESS
//	[ip|ip6|arp|rarp] [src|dst|…] net NETWORK[/LENGTH], net NETWORK mask MASK
//	ether [src|dst|…] host MAC
//	[tcp|udp|sctp] [src|dst|…] port PORT, portrange PORT-PORT
//	[ip|ip6] proto NUMBER|\NAME, ether proto NUMBER|\NAME
//	[ether] broadcast, [ether|ip|ip6] multicast
//	less LENGTH, greater LENGTH
//	VALUE > VALUE, also <, >=, <=, =, ==, !=; a VALUE is a number, len, PROTO[VALUE:SIZE],
//	a name such as tcpflags or tcp-syn, and + - * / % & | ^ << >> of them
//	not, and, or, parentheses; "port 80 or 443" and "port (80 or 443)"
//
// Everything else is refused with an *Error: names of hosts and networks, ip broadcast, vlan,
// mpls, gateway, protochain, inbound, outbound and the like. Names of ports are those of a few
// well-known services.
//
// No library does it: github.com/packetcap/go-pcap/filter decided 31 of 68 expressions as
// libpcap does ("icmp", "arp", "not" and "portrange" were wrong), and what wraps libpcap needs C.
package pcapfilter

import "fmt"

// An Error is why an expression is refused.
type Error struct {
	Expr  string
	Token string // at which it goes wrong; "" is the end
	Why   string
}

func (e *Error) Error() string {
	at := "at the end"
	if e.Token != "" {
		at = fmt.Sprintf("at %q", e.Token)
	}
	return fmt.Sprintf("filter %q: %s: %s", e.Expr, at, e.Why)
}

// A Filter is a compiled expression. It is safe for concurrent use.
type Filter struct{ match pred }

const (
	maxLength = 8192 // of an expression
	maxDepth  = 100  // of parentheses and the like
)

// Compile reads an expression. The empty one matches all frames.
func Compile(expr string) (*Filter, error) {
	if len(expr) > maxLength {
		return nil, &Error{expr[:20] + "…", expr[:20], fmt.Sprintf("longer than %d bytes", maxLength)}
	}
	tokens, err := lex(expr)
	if err != nil {
		return nil, err
	}
	if len(tokens) == 0 {
		return &Filter{func(*frame) bool { return true }}, nil
	}
	p := parser{expr: expr, tokens: tokens}
	n := p.boolean()
	if p.err == nil && p.peek() != "" {
		p.fail("syntax error")
	}
	if p.err != nil {
		return nil, p.err
	}
	return &Filter{n}, nil
}

// Match reports whether a frame is wanted.
func (f *Filter) Match(b []byte) bool {
	fr := frame{b: b}
	return f.match(&fr) && !fr.beyond
}

// A frame is what an expression is asked about.
type frame struct {
	b      []byte
	beyond bool // something beyond its end was asked for: it does not match, whatever the rest says
}

type (
	pred  func(*frame) bool
	value func(*frame) uint32
)

// load returns size bytes, big-endian.
func (f *frame) load(at, size int) uint32 {
	if at < 0 || at > len(f.b)-size {
		f.beyond = true
		return 0
	}
	var n uint32
	for _, b := range f.b[at : at+size] {
		n = n<<8 | uint32(b)
	}
	return n
}

func and(p, q pred) pred { return func(f *frame) bool { return p(f) && q(f) } }
func or(p, q pred) pred  { return func(f *frame) bool { return p(f) || q(f) } }
func not(p pred) pred    { return func(f *frame) bool { return !p(f) } }

// field compares a field of the frame.
func field(at, size int, want uint32) pred {
	return func(f *frame) bool { return f.load(at, size) == want }
}
