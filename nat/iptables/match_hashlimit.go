package iptables

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "hashlimit", begin: beginHashLimit}, listHashLimit)

// hashScale is XT_HASHLIMIT_SCALE_v2, the ticks of a second.
const hashScale = 1000000

// beginHashLimit reads
//
//	--hashlimit-upto RATE, or --hashlimit-above RATE     5/sec, or 512kb/s of bytes
//	--hashlimit-burst N                                  in packets, or 1mb of bytes
//	--hashlimit-mode srcip,srcport,dstip,dstport
//	--hashlimit-srcmask N, --hashlimit-dstmask N
//	--hashlimit-name NAME
//	--hashlimit-htable-size N, -max N, -gcinterval N, -expire N
//	--hashlimit-rate-match [--hashlimit-rate-interval SECONDS]
func beginHashLimit(s *scope) *extension {
	m := nat.HashLimit{V6: s.v6, SrcBits: 32, DstBits: 32}
	if s.v6 {
		m.SrcBits, m.DstBits = 128, 128
	}
	width := uint64(m.SrcBits)
	burst, least, interval := uint64(0), uint64(0), uint32(0)
	e := &extension{name: "hashlimit", match: func() nat.Match { return m }}
	rate := func(above bool, names ...string) option {
		return option{names: names, not: true, set: func(value string, not bool) (err error) {
			m.Above = above != not
			least, err = parseHashRate(&m, names[0], value)
			return err
		}}
	}
	bits := func(name string, into *uint8) option {
		return numberOption("hashlimit", name, 0, width, func(n uint64, _ bool) { *into = uint8(n) })
	}
	number := func(name string, into *uint32) option {
		return numberOption("hashlimit", name, 0, math.MaxUint32, func(n uint64, _ bool) { *into = uint32(n) })
	}
	e.options = []option{
		rate(false, "hashlimit-upto", "hashlimit"), rate(true, "hashlimit-above"),
		bits("hashlimit-srcmask", &m.SrcBits), bits("hashlimit-dstmask", &m.DstBits),
		textOption("hashlimit-burst", func(value string, _ bool) (err error) {
			burst, err = parseHashBurst(value)
			return err
		}),
		number("hashlimit-htable-size", &m.Size), number("hashlimit-htable-max", &m.Max),
		number("hashlimit-htable-gcinterval", &m.GCInterval), number("hashlimit-htable-expire", &m.Expire),
		textOption("hashlimit-mode", func(value string, _ bool) error {
			ok := false
			if m.Mode, ok = parseHashMode(value); !ok {
				return badValue("hashlimit", "--hashlimit-mode", value)
			}
			return nil
		}),
		textOption("hashlimit-name", func(value string, _ bool) error {
			if m.Name = value; value == "" {
				return wrong("Argument must have a minimum length of 1 characters\n")
			}
			return nil
		}).required(),
		flagOption("hashlimit-rate-match", &m.RateMatch),
		textOption("hashlimit-rate-interval", func(value string, _ bool) error {
			n, ok := parseUint(value[:len(value)-len(strings.TrimLeft(value, "0123456789"))], math.MaxInt32)
			if interval = uint32(n); !ok || n == 0 {
				return badValue("hashlimit", "--hashlimit-rate-interval", value)
			}
			return nil
		}),
	}
	e.check = func() error {
		switch {
		case e.seen[0] > 0 && e.seen[1] > 0:
			return wrong("hashlimit: option \"--hashlimit-upto\" cannot be used together with \"--hashlimit-above\".\n")
		case e.seen[0] == 0 && e.seen[1] == 0:
			return wrong("You have to specify --hashlimit")
		case m.Bytes && burst > 0 && burst < least:
			return wrong("burst cannot be smaller than %db", least)
		case m.Bytes && least > 0:
			m.Burst = (burst + least - 1) / least
		default:
			m.Burst = burst
		}
		switch {
		case m.RateMatch:
			setRateMatch(&m, interval)
		case !m.Bytes:
			m.Count, m.Unit = roundRate(hashScale, m.Count, m.Unit)
		}
		return nil
	}
	return e
}

// setRateMatch has the rate be one in an interval, which is a unit unless given. iptables keeps
// what a packet takes of a second, and so shows seconds.
func setRateMatch(m *nat.HashLimit, interval uint32) {
	if m.Expire == 0 {
		m.Expire = m.DefaultExpire()
	}
	if m.Interval = interval; interval == 0 {
		m.Interval = uint32(m.Unit)
	}
	if cost := hashScale / max(m.Count, 1); !m.Bytes {
		m.Unit, m.Count = nat.PerSecond, 0 // which is refused
		if cost > 0 {
			m.Count = hashScale / cost
		}
	}
}

// parseHashRate reads "5/sec", or "512kb/s", which it rounds as the kernel does. least is what
// a burst of bytes must be.
func parseHashRate(m *nat.HashLimit, option, s string) (least uint64, err error) {
	digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
	n, _ := strconv.ParseUint(digits, 10, 64)
	if at := strings.Index(s, "b/s"); at > 0 && n > 0 {
		n *= byteFactor(s[at-1])
		rounded, least := nat.RoundBytes(n)
		if rounded == 0 || rounded > math.MaxUint32 {
			return 0, wrong("Rate too high \"%s\"", s)
		}
		m.Bytes, m.Unit, m.Count = true, nat.PerSecond, uint32(rounded)
		return least, nil
	}
	_, name, given := strings.Cut(s, "/")
	unit := nat.PerSecond
	if given {
		unit = 0
		for _, u := range limitUnits {
			if begins(u.name, name) {
				unit = u.unit
				break
			}
		}
	}
	switch {
	case n == 0 || unit == 0:
		return 0, badValue("hashlimit", "--"+option, s)
	case n > uint64(unit)*hashScale:
		return 0, wrong("Rate too fast \"%s\"", s)
	}
	m.Count, m.Unit = uint32(n), unit
	return 0, nil
}

func byteFactor(unit byte) uint64 {
	switch unit {
	case 'm':
		return 1 << 20
	case 'k':
		return 1 << 10
	}
	return 1
}

// parseHashBurst reads "5", or "1mb" of bytes.
func parseHashBurst(s string) (uint64, error) {
	n, rest, ok := leadingUint(s)
	if !ok || n == 0 || rest == "" && n > 1000000 {
		return 0, wrong("bad value for option \"--hashlimit-burst\", or out of range (1-%d).", 1000000)
	}
	if rest != "" {
		if f := byteFactor(rest[0]); n <= math.MaxUint64/f {
			n *= f
		} else {
			return 0, wrong("bad value for option \"--hashlimit-burst\", value \"%s\" too large (max %dmb).", s, uint64(math.MaxUint64>>20))
		}
	}
	return n, nil
}

func parseHashMode(s string) (mode nat.HashMode, ok bool) {
	for _, name := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '|' }) {
		bit := nat.HashMode(1)
		for ; bit <= nat.HashSrcPort && bit.Text("") != name; bit <<= 1 {
		}
		if bit > nat.HashSrcPort {
			return 0, false
		}
		mode |= bit
	}
	return mode, true
}

func listHashLimit(m nat.HashLimit, _ column) string {
	s := "limit: up to "
	if m.Above {
		s = "limit: above "
	}
	expire := m.DefaultExpire()
	if m.RateMatch && !m.Bytes {
		n, unit := shownRate(hashScale, uint64(hashScale/m.Count)*uint64(m.Interval))
		s += fmt.Sprintf("%d/%s", n, unit)
		expire = uint32(unit) * 1000
	} else {
		s += m.Rate()
	}
	if !m.Bytes || m.Burst > 0 {
		s += " burst " + m.BurstText()
	}
	if m.Mode != 0 {
		s += " mode " + m.Mode.Text("-")
	}
	return s + m.Rest(" ", expire)
}
