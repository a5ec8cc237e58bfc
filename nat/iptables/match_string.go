package iptables

import (
	"fmt"
	"strconv"
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "string", begin: beginString}, listString)

// maxPattern is XT_STRING_MAX_PATTERN_SIZE, and maxAlgo XT_STRING_MAX_ALGO_NAME_SIZE without
// its closing 0.
const maxPattern, maxAlgo = 128, 15

// beginString reads
//
//	--algo bm|kmp
//	[!] --string TEXT, or [!] --hex-string "TEXT|0d 0a|"
//	--from N, --to N, --icase
func beginString(*scope) *extension {
	m := nat.String{To: 0xffff}
	e := &extension{name: "string", match: func() nat.Match { return m }}
	e.options = []option{
		numberOption("string", "from", 0, 0xffff, func(n uint64, _ bool) { m.From = uint16(n) }),
		numberOption("string", "to", 0, 0xffff, func(n uint64, _ bool) { m.To = uint16(n) }),
		textOption("algo", func(value string, _ bool) error {
			m.Algo = value[:min(len(value), maxAlgo)]
			return nil
		}).required(),
		textOption("string", func(value string, not bool) error {
			if m.Pattern, m.Not = value, not; len(value) > maxPattern {
				return wrong("STRING too long \"%s\"", value)
			}
			return nil
		}).inverted().exclusive(),
		textOption("hex-string", func(value string, not bool) (err error) {
			m.Not = not
			m.Pattern, err = parseHexString(value)
			return err
		}).inverted().exclusive(),
		flagOption("icase", &m.Fold),
	}
	e.check = func() error {
		if e.seen[3] == 0 && e.seen[4] == 0 {
			return wrong("STRING match: You must specify `--string' or `--hex-string'")
		}
		return nil
	}
	return e
}

// parseHexString reads text with bytes between bars, "GET |2f 2e2e|", in which a backslash
// takes the next byte as it is.
func parseHexString(s string) (string, error) {
	if s == "" {
		return "", wrong("STRING must contain at least one char")
	}
	var b []byte
	hex := false
	for i := 0; i < len(s); {
		if len(b) >= maxPattern {
			return "", wrong("STRING too long \"%s\"", s)
		}
		switch {
		case s[i] == '|':
			hex = !hex
			for i++; hex && i < len(s) && s[i] == ' '; i++ {
			}
		case hex && s[i] == '\\':
			return "", wrong("Cannot include literals in hex data")
		case hex:
			n, width, err := hexByte(s[i:])
			if err != nil {
				return "", err
			}
			b, i = append(b, n), i+width
		case s[i] == '\\' && i+1 == len(s):
			return "", wrong("Bad literal placement at end of string")
		case s[i] == '\\':
			b, i = append(b, s[i+1]), i+2
		default:
			b, i = append(b, s[i]), i+1
		}
	}
	return string(b), nil
}

// hexByte reads two digits and a blank behind them.
func hexByte(s string) (n byte, width int, err error) {
	switch {
	case len(s) < 2:
		return 0, 0, wrong("Odd number of hex digits")
	case len(s) < 3:
		return 0, 0, wrong("Invalid hex block")
	}
	for i := range 2 {
		if !strings.ContainsRune("0123456789abcdefABCDEF", rune(s[i])) {
			return 0, 0, wrong("Invalid hex char '%c'", s[i])
		}
	}
	v, _ := strconv.ParseUint(s[:2], 16, 8)
	if s[2] == ' ' {
		return byte(v), 3, nil
	}
	return byte(v), 2, nil
}

func listString(m nat.String, _ column) string {
	s := "STRING match " + notValue(m.Not) + " " + m.Quoted() + " ALGO name " + m.Algo
	if m.From != 0 {
		s += fmt.Sprintf(" FROM %d", m.From)
	}
	if m.To != 0xffff {
		s += fmt.Sprintf(" TO %d", m.To)
	}
	if m.Fold {
		s += " ICASE"
	}
	return s
}
