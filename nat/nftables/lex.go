package nftables

import (
	"net/netip"
	"strings"
)

// A kind is a kind of tokens.
type kind uint8

const (
	word    kind = iota // a name or a keyword
	quoted              // text is without its quotes
	number              // 80, 0x50
	address             // of IPv4 or IPv6
	sign                // one of the characters and pairs of signs
	newline
	ending  // of the input
	standIn // for what a variable was defined as
)

// A token is a word of the input.
type token struct {
	kind kind
	text string
	at   span
	def  *definition // of standIn
}

// is reports whether the token is a sign or a keyword.
func (t token) is(text string) bool {
	return (t.kind == word || t.kind == sign) && t.text == text
}

// signs are the longer ones first.
var signs = []string{"==", "!=", "<=", ">=", "<<", ">>", "&&", "{", "}", "(", ")", "[", "]", ",", ":", ";", ".", "-", "/", "=", "<", ">", "!", "@", "&", "|", "^", "+", "*", "$"}

// signNames are what messages call them.
var signNames = map[string]string{
	"{": "'{'", "}": "'}'", "(": "'('", ")": "')'", "[": "'['", "]": "']'", ",": "comma", ":": "colon", ";": "semicolon", ".": ".",
	"-": "-", "/": "/", "=": "=", "<": "<", ">": ">", "!": "!", "@": "@", "&": "&", "|": "|", "^": "^", "+": "+", "*": "*", "$": "'$'",
	"==": "==", "!=": "!=", "<=": "<=", ">=": ">=", "<<": "<<", ">>": ">>", "&&": "&&",
}

// name returns what a message calls the token.
func (t token) name() string {
	switch t.kind {
	case quoted:
		return "quoted string"
	case number:
		return "number"
	case newline:
		return "newline"
	case ending:
		return "end of file"
	case sign:
		if name, ok := signNames[t.text]; ok {
			return name
		}
		return "junk"
	case word:
		if name, ok := keywordNames[t.text]; ok {
			return name
		}
	}
	return "string"
}

// keywordNames are the keywords that messages have by name.
var keywordNames = func() map[string]string {
	names := make(map[string]string)
	for _, k := range strings.Fields(`table tables chain chains rule rules set sets map maps element elements counter counters quota quotas limit
		limits ruleset add create insert delete replace list flush rename reset get type hook priority policy typeof flags timeout size
		comment handle index position accept drop continue return jump goto log prefix level group snaplen queue-threshold rate burst over
		until used packets bytes reject with masquerade snat dnat redirect to vmap ip ip6 inet arp bridge netdev tcp udp sctp dccp udplite th icmp icmpv6 icmpx meta ct
		fib saddr daddr sport dport protocol state status mark direction notrack counter name random fully-random persistent include define
		monitor export describe ether vlan numgen jhash socket rt osf exthdr queue dup fwd tproxy synproxy flow flowtable import`) {
		names[k] = k
	}
	return names
}()

// A lexer splits text into tokens. It never fails: what it does not know is a sign that nobody expects.
type lexer struct {
	text string
	i    int
}

// next returns the next token, at the end of the text the same one again and again.
func (l *lexer) next() token {
	for text := l.text; l.i < len(text); {
		switch c := text[l.i]; {
		case c == '\n':
			l.i++
			return token{kind: newline, text: "\n", at: span{l.i - 1, l.i}}
		case c == ' ' || c == '\t' || c == '\r':
			l.i++
		case c == '\\' && l.i+1 < len(text) && text[l.i+1] == '\n':
			l.i += 2
		case c == '#':
			for l.i < len(text) && text[l.i] != '\n' {
				l.i++
			}
		default:
			t := lexOne(text, l.i)
			l.i = t.at.to
			return t
		}
	}
	return token{kind: ending, at: span{len(l.text), len(l.text)}}
}

// lexOne returns the token that begins at i.
func lexOne(text string, i int) token {
	rest := text[i:]
	if rest[0] == '"' {
		if end := strings.IndexAny(rest[1:], "\"\n"); end >= 0 && rest[1+end] == '"' {
			return token{kind: quoted, text: rest[1 : 1+end], at: span{i, i + end + 2}}
		}
		return token{kind: sign, text: "\"", at: span{i, i + 1}}
	}
	if n := addressEnd(rest); n > 0 {
		return token{kind: address, text: rest[:n], at: span{i, i + n}}
	}
	if n := numberEnd(rest); n > 0 {
		if _, ok := parseNumber(rest[:n]); !ok { // too large for one
			return token{kind: word, text: rest[:n], at: span{i, i + n}}
		}
		return token{kind: number, text: rest[:n], at: span{i, i + n}}
	}
	if n := wordEnd(rest); n > 0 {
		return token{kind: word, text: rest[:n], at: span{i, i + n}}
	}
	for _, s := range signs {
		if strings.HasPrefix(rest, s) {
			return token{kind: sign, text: s, at: span{i, i + len(s)}}
		}
	}
	return token{kind: sign, text: rest[:1], at: span{i, i + 1}}
}

// addressEnd returns how long the address is that s begins with, 0 for none.
func addressEnd(s string) int {
	n, colons, dots := 0, 0, 0
	for n < len(s) && n < 46 && strings.IndexByte("0123456789abcdefABCDEF:.", s[n]) >= 0 {
		switch s[n] {
		case ':':
			colons++
		case '.':
			dots++
		}
		n++
	}
	if colons >= 2 {
		for end := n; end > 1; end-- { // "::1:80" is one address, "fe80::1 :" another
			if a, err := netip.ParseAddr(s[:end]); err == nil && a.Is6() {
				return end
			}
		}
	}
	if dots < 3 {
		return 0
	}
	end, parts := 0, 0
	for end < n && (s[end] == '.' || s[end] >= '0' && s[end] <= '9') {
		if s[end] == '.' {
			if parts++; parts > 3 {
				break
			}
		}
		end++
	}
	if _, ok := parseIPv4(s[:end]); ok {
		return end
	}
	return 0
}

// parseIPv4 reads an address whose parts may have leading zeros, and are octal then.
func parseIPv4(s string) (netip.Addr, bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return netip.Addr{}, false
	}
	var a [4]byte
	for i, p := range parts {
		n, ok := parseNumber(p)
		if !ok || n > 255 {
			return netip.Addr{}, false
		}
		a[i] = byte(n)
	}
	return netip.AddrFrom4(a), true
}

// numberEnd returns how long the number is that s begins with, 0 for none: what goes on as a name is
// one.
func numberEnd(s string) int {
	n := 0
	if strings.HasPrefix(s, "0x") {
		n = 2
		for n < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[n]) >= 0 {
			n++
		}
		if n == 2 {
			return 0
		}
		return n
	}
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// wordEnd returns how long the name is that s begins with. A star may end it.
func wordEnd(s string) int {
	if !isLetter(s[0]) && s[0] != '_' {
		return 0
	}
	n := 1
	for n < len(s) && (isLetter(s[n]) || s[n] >= '0' && s[n] <= '9' || strings.IndexByte("/-_.", s[n]) >= 0) {
		n++
	}
	if strings.HasPrefix(s[n:], "*") {
		return n + 1
	}
	if strings.HasPrefix(s[n:], `\*`) {
		return n + 2
	}
	return n
}
