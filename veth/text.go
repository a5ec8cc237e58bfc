package veth

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// String returns the impairment in words that ParseNetem reads, which means the same: those of
// Netem and, for what tc does not print, "distribution normal", "seed 7", and what is ours, "queue 20" and
// "mtu 1400". A Shaper comes behind "tbf", and its queue behind that. Numbers are as tc prints them, with further
// digits where they need them. The perfect cable is "".
func (i Impairment) String() string {
	text := i.netem(exactly)
	if i.Jitter.Distribution != nil {
		text += " distribution " + i.Jitter.Distribution.name
	}
	return strings.TrimPrefix(text+i.ours(), " ")
}

// Netem returns the impairment as tc(8) of iproute2 6.1 prints it behind "qdisc netem 1: root
// refcnt 2", with its rounding: "limit 1000 delay 50ms loss 1% rate 10Mbit". A limit it always has: where
// none is set that of memory.
func (i Impairment) Netem() string {
	i.Limit = cmp.Or(i.Limit, maxInFlight)
	return strings.TrimPrefix(i.netem(rounded), " ")
}

func (i Impairment) netem(as precision) string {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, " "+format, args...) }
	if i.Limit != 0 {
		put("limit %d", i.Limit)
	}
	if i.Delay != 0 {
		put("delay %s", as.time(i.Delay))
		if i.Jitter.Spread != 0 {
			put(" %s%s", as.time(i.Jitter.Spread), as.correlation(i.Jitter.Correlation))
		}
	}
	if i.Loss.Model != nil {
		put("%s", i.Loss.Model.text(as))
	}
	for _, c := range []struct {
		name string
		Chance
	}{
		{"loss", Chance{i.Loss.P, i.Loss.Correlation}}, {"duplicate", i.Duplicate},
		{"reorder", Chance{i.Reorder.P, i.Reorder.Correlation}}, {"corrupt", i.Corrupt},
	} {
		if c.P != 0 {
			put("%s %s%s", c.name, as.percent(c.P), as.correlation(c.Correlation))
		}
	}
	if i.Rate != 0 {
		put("rate %s%s", as.rate(i.Rate), i.Framing.text())
	}
	b.WriteString(i.Slots.text(as))
	if i.ECN {
		put("ecn ")
	}
	if i.Reorder.P != 0 && i.Reorder.Gap >= 0 {
		put("gap %d", max(i.Reorder.Gap, 1))
	}
	return b.String()
}

// ours is what tc has no words for.
func (i Impairment) ours() string {
	var b strings.Builder
	for _, o := range []struct {
		name  string
		value uint64
	}{{"queue", uint64(i.Queue)}, {"mtu", uint64(i.MTU)}, {"seed", i.Seed}} {
		if o.value != 0 {
			fmt.Fprintf(&b, " %s %d", o.name, o.value)
		}
	}
	if i.Shaper != (Shaper{}) {
		b.WriteString(" tbf " + strings.TrimSpace(i.Shaper.text(exactly)))
		if i.Shaper.Queue != nil {
			b.WriteString(" " + strings.TrimSpace(i.Shaper.Queue.text(exactly)))
		}
	}
	return b.String()
}

func (f Framing) text() (s string) {
	if f.PacketOverhead != 0 {
		s += fmt.Sprintf(" packetoverhead %d", f.PacketOverhead)
	}
	if f.CellSize != 0 {
		s += fmt.Sprintf(" cellsize %d", f.CellSize)
	}
	if f.CellOverhead != 0 {
		s += fmt.Sprintf(" celloverhead %d", f.CellOverhead)
	}
	return s
}

// text has the name of a distribution, which tc takes and does not print, if it is to be exact.
func (s Slots) text(as precision) (text string) {
	switch {
	case s.Distribution != nil:
		text = fmt.Sprintf(" slot distribution %s%s %s", word(as == exactly, s.Distribution.name+" "), as.time(s.Mean), as.time(s.Spread))
	case s != Slots{}:
		text = fmt.Sprintf(" slot %s %s", as.time(s.Min), as.time(s.Max))
	}
	if s.Packets != 0 {
		text += fmt.Sprintf(" packets %d", s.Packets)
	}
	if s.Bytes != 0 {
		text += fmt.Sprintf(" bytes %d", s.Bytes)
	}
	return text
}

// String returns the shaper as tc prints it behind "qdisc tbf 1: root refcnt 2 ", with its rounding. Bursts are
// those of a cable with an MTU of 1500 where none are said.
func (s Shaper) String() string { return s.text(rounded) }

func (s Shaper) text(as precision) string {
	var b strings.Builder
	burst := cmp.Or(s.Burst, s.onWire(codelFrame))
	fmt.Fprintf(&b, "rate %s burst %s ", as.rate(s.Rate), as.size(burst))
	if s.PeakRate != 0 {
		fmt.Fprintf(&b, "peakrate %s minburst %s ", as.rate(s.PeakRate), as.size(s.MTU))
	}
	if s.Limit != 0 {
		latency := serialization(int64(s.Limit), s.Rate) - serialization(int64(burst), s.Rate)
		if s.PeakRate != 0 {
			latency = max(latency, serialization(int64(s.Limit), s.PeakRate)-serialization(int64(s.MTU), s.PeakRate))
		}
		if latency >= 0 && as == rounded {
			fmt.Fprintf(&b, "lat %s ", formatMicroseconds(latency, 3))
		} else {
			fmt.Fprintf(&b, "limit %s ", as.size(s.Limit))
		}
	}
	if s.Overhead != 0 {
		fmt.Fprintf(&b, "overhead %d ", s.Overhead)
	}
	if s.MPU != 0 {
		fmt.Fprintf(&b, "mpu %d ", s.MPU)
	}
	if s.ATM {
		b.WriteString("linklayer atm ")
	}
	return b.String()
}

func (c CoDel) text(as precision) string {
	c = c.withDefaults()
	return fmt.Sprintf("codel limit %dp target %s interval %s ", c.Limit, as.microseconds(c.Target), as.microseconds(c.Interval)) + word(c.ECN, "ecn ")
}

func (f FQCoDel) text(as precision) string {
	f = f.withDefaults()
	return fmt.Sprintf("fq_codel limit %dp flows %d quantum %d target %s interval %s memory_limit %s ", f.Limit, f.Flows, f.Quantum,
		as.microseconds(f.Target), as.microseconds(f.Interval), as.size(f.MemoryLimit)) + f.ecn(as) + fmt.Sprintf("drop_batch %d ", f.DropBatch)
}

// ecn is "noecn" only where the text is to mean the same, since tc does not print that.
func (f FQCoDel) ecn(as precision) string {
	if f.NoECN {
		return word(as == exactly, "noecn ")
	}
	return "ecn "
}

// String returns the queue as tc prints it, with its kind in front and further digits where a number
// needs them, so that ParseCoDel reads the same.
func (c CoDel) String() string { return c.text(exactly) }

// TC returns the queue as tc prints it behind its kind, with its rounding.
func (c CoDel) TC() string { return strings.TrimPrefix(c.text(rounded), "codel ") }

// String returns the queue as tc prints it, with its kind in front and further digits where a number
// needs them, so that ParseFQCoDel reads the same.
func (f FQCoDel) String() string { return f.text(exactly) }

// TC returns the queue as tc prints it behind its kind, with its rounding.
func (f FQCoDel) TC() string { return strings.TrimPrefix(f.text(rounded), "fq_codel ") }

func word(is bool, w string) string {
	if is {
		return w
	}
	return ""
}

// A precision is how numbers are printed: as tc rounds them, or with as many digits more as
// they need to be read again.
type precision bool

const (
	rounded precision = false
	exactly precision = true
)

// shortest returns what format gives with the fewest digits that are read as the value, or with the least.
func shortest[T comparable](as precision, value T, digits int, format func(digits int) string, parse func(string) (T, bool)) string {
	text := format(digits)
	if as == rounded {
		return text
	}
	for n := digits; n <= 19; n++ {
		if more := format(n); func() bool { again, ok := parse(more); return ok && again == value }() {
			return more
		}
	}
	return text
}

// percent prints a probability, rounded as netem holds it, with C's %g.
func (as precision) percent(p float64) string {
	if as == rounded {
		p = float64(scaled(p)) / math.MaxUint32
	}
	return shortest(as, p, 6, func(n int) string { return strconv.FormatFloat(100*p, 'g', n, 64) + "%" }, parsePercent)
}

func (as precision) correlation(c float64) string {
	if c == 0 {
		return ""
	}
	return " " + as.percent(c)
}

// time prints three digits of s, ms or us, or whole ns.
func (as precision) time(d time.Duration) string {
	if d < time.Microsecond {
		return fmt.Sprintf("%dns", d)
	}
	return as.microseconds(d)
}

// microseconds is time without ns, if that is not needed.
func (as precision) microseconds(d time.Duration) string {
	return shortest(as, d, 3, func(n int) string { return formatMicroseconds(d, n) }, parseTime)
}

func (as precision) rate(rate int64) string {
	text := formatRate(rate)
	if again, ok := parseRate(text); as == exactly && (!ok || again != rate) {
		return fmt.Sprint(rate, "bit")
	}
	return text
}

func (as precision) size(bytes int) string {
	text := FormatSize(bytes)
	if again, ok := parseSize(text); as == exactly && (!ok || again != bytes) {
		return fmt.Sprint(bytes, "b")
	}
	return text
}

func formatMicroseconds(d time.Duration, digits int) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.*gs", digits, d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.*gms", digits, float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.*gus", digits, float64(d)/float64(time.Microsecond))
}

// FormatSize returns bytes as iproute2 prints them: in Mb or Kb where that is nearly right.
func FormatSize(bytes int) string {
	const kilo, mega = 1 << 10, 1 << 20
	near := func(unit, off int) bool {
		rest := bytes - int(math.RoundToEven(float64(bytes)/float64(unit)))*unit
		return bytes >= unit && max(rest, -rest) < off
	}
	switch {
	case near(mega, 1024):
		return fmt.Sprintf("%gMb", math.RoundToEven(float64(bytes)/mega))
	case near(kilo, 16):
		return fmt.Sprintf("%gKb", math.RoundToEven(float64(bytes)/kilo))
	}
	return fmt.Sprintf("%db", bytes)
}
