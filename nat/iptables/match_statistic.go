package iptables

import (
	"math"
	"strconv"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "statistic", begin: beginStatistic}, func(m nat.Statistic, _ column) string { return "statistic" + m.Text(" ") })

// beginStatistic reads one of
//
//	--mode random [!] --probability P          from 0 to 1
//	--mode nth [!] --every N --packet I        I counts from 0
func beginStatistic(*scope) *extension {
	var m nat.Statistic
	mode := ""
	every := uint64(0)
	e := &extension{name: "statistic", match: func() nat.Match { return m }}
	e.options = []option{
		textOption("mode", func(value string, _ bool) error {
			if value != "random" && value != "nth" {
				return wrong("Bad mode \"%s\"", value)
			}
			mode = value
			return nil
		}).required(),
		textOption("probability", func(value string, not bool) error {
			p, err := strconv.ParseFloat(value, 64)
			if err != nil || !(p >= 0 && p <= 1) {
				return wrong("statistic: bad value for option \"--probability\", or out of range (0-1).\n")
			}
			m.Probability, m.Not = uint32(math.Round(p*(1<<31))), not
			return nil
		}).inverted(),
		numberOption("statistic", "every", 1, math.MaxUint32, func(n uint64, not bool) { every, m.Not = n, not }).inverted(),
		numberOption("statistic", "packet", 0, math.MaxUint32, func(n uint64, _ bool) { m.Packet = uint32(n) }),
	}
	e.check = func() error {
		random, nth, packet := e.seen[1] > 0, e.seen[2] > 0, e.seen[3] > 0
		switch {
		case random && (nth || packet):
			return wrong("statistic: option \"--probability\" cannot be used together with \"--every\".\n")
		case nth && !packet:
			return wrong("statistic: option \"--every\" also requires \"--packet\".\n")
		case packet && !nth:
			return wrong("statistic: option \"--packet\" also requires \"--every\".\n")
		case mode != "nth" && !random:
			return wrong("--probability must be specified when using random mode")
		case mode == "nth" && !nth:
			return wrong("--every and --packet must be specified when using nth mode")
		case nth && uint64(m.Packet) >= every:
			return wrong("the --packet p must be 0 <= p <= n-1")
		}
		m.Every = uint32(every)
		return nil
	}
	return e
}
