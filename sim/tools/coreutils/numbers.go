package coreutils

import (
	"cmp"
	"strings"
)

// A numeral is a decimal number of any length, as sort -n reads it.
type numeral struct {
	negative       bool
	whole, decimal string // without zeros that do not count
	rest           string
}

// readNumeral reads the number that a text begins with. What is none is 0.
func readNumeral(text string) numeral {
	text = text[skipBlanks(text, 0):]
	var n numeral
	if n.negative = strings.HasPrefix(text, "-"); n.negative {
		text = text[1:]
	}
	digits := func() string {
		i := 0
		for i < len(text) && text[i] >= '0' && text[i] <= '9' {
			i++
		}
		d := text[:i]
		text = text[i:]
		return d
	}
	n.whole = strings.TrimLeft(digits(), "0")
	if strings.HasPrefix(text, ".") {
		text = text[1:]
		n.decimal = strings.TrimRight(digits(), "0")
	}
	n.rest = text
	if n.whole == "" && n.decimal == "" {
		n.negative = false
	}
	return n
}

func (n numeral) compare(m numeral) int {
	switch {
	case n.negative != m.negative:
		if n.negative {
			return -1
		}
		return 1
	case n.negative:
		n, m = m, n
	}
	return cmp.Or(cmp.Compare(len(n.whole), len(m.whole)), strings.Compare(n.whole, m.whole), strings.Compare(n.decimal, m.decimal))
}

func compareNumbers(a, b string) int { return readNumeral(a).compare(readNumeral(b)) }

// compareHuman is -h: units count before numbers.
func compareHuman(a, b string) int {
	n, m := readNumeral(a), readNumeral(b)
	unit := func(n numeral) int {
		if n.rest == "" || n.whole == "" && n.decimal == "" {
			return 0
		}
		order := strings.IndexByte("KMGTPEZY", n.rest[0]) + 1
		if n.rest[0] == 'k' {
			order = 1
		}
		if n.negative {
			return -order
		}
		return order
	}
	return cmp.Or(cmp.Compare(unit(n), unit(m)), n.compare(m))
}
