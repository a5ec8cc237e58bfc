package nat

import (
	"fmt"
	"strings"
)

// String is -m string: Pattern is somewhere in the packet, which begins with its IP header,
// between the bytes From and To. Both algorithms of Linux find the same.
type String struct {
	Pattern  string // up to 128 bytes
	Algo     string // "bm" or "kmp"
	From, To uint16 // To 65535: to the end
	Fold     bool   // --icase
	Not      bool
}

// maxPattern is XT_STRING_MAX_PATTERN_SIZE.
const maxPattern = 128

func (m String) checked(setting) (Match, error) {
	if m.Algo != "bm" && m.Algo != "kmp" {
		return nil, ErrAlgorithm
	}
	if m.Pattern == "" || len(m.Pattern) > maxPattern || m.From > m.To {
		return nil, ErrValue
	}
	return m, nil
}

func (m String) String() string {
	s := "-m string " + notOption(m.Not)
	if m.Hex() {
		s += "--hex-string "
	} else {
		s += "--string "
	}
	s += m.Quoted() + " --algo " + m.Algo
	if m.From != 0 {
		s += fmt.Sprintf(" --from %d", m.From)
	}
	if m.To != 0xffff {
		s += fmt.Sprintf(" --to %d", m.To)
	}
	if m.Fold {
		s += " --icase"
	}
	return s
}

// Hex reports whether the pattern is shown as bytes.
func (m String) Hex() bool {
	return strings.ContainsFunc(m.Pattern, func(r rune) bool { return r < 32 || r > 126 }) || strings.HasSuffix(m.Pattern, `\`)
}

// Quoted returns the pattern as iptables shows it: "abc" or "|0a0d|".
func (m String) Quoted() string {
	if m.Hex() {
		return fmt.Sprintf(`"|%x|"`, m.Pattern)
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(m.Pattern) + `"`
}

// A finder is the automaton of Knuth, Morris and Pratt: it reads each byte once, wherever
// the packet has it.
type finder struct {
	String
	pattern []byte
	back    []uint8 // how much is left of the pattern if its next byte does not follow
}

func (m String) compile(*asking) matcher {
	f := &finder{String: m, pattern: []byte(m.Pattern), back: make([]uint8, len(m.Pattern)+1)}
	for i := range f.pattern {
		f.pattern[i] = f.fold(f.pattern[i])
	}
	for i := 1; i < len(f.pattern); i++ {
		f.back[i+1] = uint8(f.step(int(f.back[i]), f.pattern[i]))
	}
	return f
}

func (f *finder) fold(b byte) byte {
	if f.Fold && 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// step returns how much of the pattern is there with another byte.
func (f *finder) step(n int, b byte) int {
	for {
		switch {
		case n < len(f.pattern) && f.pattern[n] == b:
			return n + 1
		case n == 0:
			return 0
		}
		n = int(f.back[n])
	}
}

func (f *finder) match(p *packet) bool { return f.find(p) != f.Not }

// find looks from one byte to another, through all pieces of the packet.
func (f *finder) find(p *packet) bool {
	views, skip := p.pkt.AsViewList()
	skip += p.at + int(f.From)
	left := p.layout.Size - int(f.From)
	if f.To != 0xffff {
		left = min(left, int(f.To)-int(f.From))
	}
	n := 0
	for v := views.Front(); v != nil && left > 0; v = v.Next() {
		b := v.AsSlice()
		if skip >= len(b) {
			skip -= len(b)
			continue
		}
		b = b[skip:]
		b = b[:min(len(b), left)]
		skip, left = 0, left-len(b)
		for _, c := range b {
			if n = f.step(n, f.fold(c)); n == len(f.pattern) {
				return true
			}
		}
	}
	return false
}
