package iptables

import (
	"fmt"
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "limit", begin: beginLimit}, listLimit)

// defaultBurst is --limit-burst unless it is given, and the meaning of 0: an empty bucket
// would let nothing pass.
const defaultBurst = 5

// beginLimit reads
//
//	--limit N[/second|/minute|/hour|/day]      3/hour unless given; a beginning of the unit is enough
//	--limit-burst N                            5 unless given
//
// Neither may be inverted: "! --limit" would have to let pass what is too much.
func beginLimit(*scope) *extension {
	m := nat.Limit{Count: 3, Unit: nat.PerHour, Burst: defaultBurst}
	return &extension{name: "limit", match: func() nat.Match { return m }, options: []option{
		{names: []string{"limit"}, set: func(value string, _ bool) (err error) {
			m.Count, m.Unit, err = parseRate(value)
			return err
		}},
		{names: []string{"limit-burst"}, set: func(value string, _ bool) error {
			n, ok := parseUint(value, 10000)
			if !ok {
				return wrong("limit: bad value for option \"--limit-burst\", or out of range (0-10000).\n")
			}
			if m.Burst = uint32(n); n == 0 {
				m.Burst = defaultBurst
			}
			return nil
		}},
	}}
}

// listLimit prints the burst that iptables-save leaves out where it is 5.
func listLimit(m nat.Limit, _ column) string {
	return fmt.Sprintf("limit: avg %d/%s burst %d", m.Count, m.Unit, m.Burst)
}

// limitScale is the number of ticks of a second in the kernel's limit, which keeps
// the time between two packets as a whole number of them.
const limitScale = 10000

var limitUnits = []struct {
	name string // as --limit takes it, or a beginning of it
	unit nat.LimitUnit
}{{"second", nat.PerSecond}, {"minute", nat.PerMinute}, {"hour", nat.PerHour}, {"day", nat.PerDay}}

// parseRate reads "5/min", and rounds it as the kernel does.
func parseRate(s string) (count uint32, unit nat.LimitUnit, err error) {
	// No unit is a second. What stands behind the digits of the number is not looked at,
	// since strtoul stops there.
	number, name, given := strings.Cut(s, "/")
	unit = nat.PerSecond
	if given {
		unit = 0
		for _, u := range limitUnits {
			if begins(u.name, name) {
				unit = u.unit
				break
			}
		}
	}
	end := 0
	negative := strings.HasPrefix(number, "-")
	number = strings.TrimLeft(number, "+-")
	for end < len(number) && number[end] >= '0' && number[end] <= '9' {
		end++
	}
	n, ok := parseUint(strings.TrimLeft(number[:end], "0"), 1<<32-1)
	switch {
	case !ok && end < 10 || unit == 0 || n == 0 && ok:
		return 0, 0, wrong("bad rate \"%s\"'", s)
	case negative || !ok || uint64(unit)*limitScale < n:
		return 0, 0, wrong("Rate too fast \"%s\"", s)
	}
	count, unit = roundRate(limitScale, uint32(n), unit)
	return count, unit, nil
}

// roundRate returns the rate that iptables shows for one, in the longest unit that
// comes close. It is the fixed point of going through the kernel and back.
func roundRate(scale uint64, count uint32, unit nat.LimitUnit) (uint32, nat.LimitUnit) {
	for {
		c, shown := shownRate(scale, uint64(unit)*scale/uint64(count))
		if c == count && shown == unit {
			return c, shown
		}
		count, unit = c, shown
	}
}

// shownRate returns the rate that iptables shows for what a packet takes of a second.
func shownRate(scale, period uint64) (uint32, nat.LimitUnit) {
	shown := nat.PerDay
	for _, u := range []nat.LimitUnit{nat.PerHour, nat.PerMinute, nat.PerSecond} {
		ticks := uint64(u) * scale
		if period > ticks || ticks/period < ticks%period {
			break
		}
		shown = u
	}
	return uint32(uint64(shown) * scale / period), shown
}
