package veth

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// String returns the impairment in words that ParseNetem reads: those of Netem and, for what
// tc does not print, "distribution normal", "seed 7", and what is ours, "queue 20" and "mtu
// 1400". A Shaper comes behind "tbf", and its queue behind that. Times have three digits, as
// tc prints them. The perfect cable is "".
func (i Impairment) String() string {
	text := i.netem(i.Slots.text(true))
	if i.Jitter.Distribution != nil {
		text += " distribution " + i.Jitter.Distribution.name
	}
	return strings.TrimPrefix(text+i.ours(), " ")
}

// Netem returns the impairment as tc(8) of iproute2 6.1 prints it behind "qdisc netem 1: root
// refcnt 2", with its rounding: "limit 1000 delay 50ms loss 1% rate 10Mbit".
func (i Impairment) Netem() string { return strings.TrimPrefix(i.netem(i.Slots.text(false)), " ") }

func (i Impairment) netem(slots string) string {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, " "+format, args...) }
	if i.Limit != 0 {
		put("limit %d", i.Limit)
	}
	if i.Delay != 0 {
		put("delay %s", formatTime(i.Delay))
		if i.Jitter.Spread != 0 {
			put(" %s%s", formatTime(i.Jitter.Spread), correlation(i.Jitter.Correlation))
		}
	}
	if i.Loss.Model != nil {
		put("%s", i.Loss.Model.text())
	}
	for _, c := range []struct {
		name string
		Chance
	}{
		{"loss", Chance{i.Loss.P, i.Loss.Correlation}}, {"duplicate", i.Duplicate},
		{"reorder", Chance{i.Reorder.P, i.Reorder.Correlation}}, {"corrupt", i.Corrupt},
	} {
		if c.P != 0 {
			put("%s %s%s", c.name, percent(c.P), correlation(c.Correlation))
		}
	}
	if i.Rate != 0 {
		put("rate %s%s", formatRate(i.Rate), i.Framing.text())
	}
	b.WriteString(slots)
	if i.ECN {
		put("ecn ")
	}
	if i.Reorder.P != 0 {
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
		b.WriteString(" tbf " + strings.TrimSpace(i.Shaper.String()))
		if i.Shaper.Queue != nil {
			b.WriteString(" " + strings.TrimSpace(i.Shaper.Queue.text()))
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

// text has the name of a distribution, which tc takes and does not print, if that is asked for.
func (s Slots) text(named bool) (text string) {
	switch {
	case s.Distribution != nil:
		text = fmt.Sprintf(" slot distribution %s%s %s", word(named, s.Distribution.name+" "), formatTime(s.Mean), formatTime(s.Spread))
	case s != Slots{}:
		text = fmt.Sprintf(" slot %s %s", formatTime(s.Min), formatTime(s.Max))
	}
	if s.Packets != 0 {
		text += fmt.Sprintf(" packets %d", s.Packets)
	}
	if s.Bytes != 0 {
		text += fmt.Sprintf(" bytes %d", s.Bytes)
	}
	return text
}

// String returns the shaper as tc prints it behind "qdisc tbf 1: root refcnt 2 ". Bursts are
// those of a cable with an MTU of 1500 where none are said.
func (s Shaper) String() string {
	var b strings.Builder
	burst := cmp.Or(s.Burst, s.onWire(codelFrame))
	fmt.Fprintf(&b, "rate %s burst %s ", formatRate(s.Rate), FormatSize(burst))
	if s.PeakRate != 0 {
		fmt.Fprintf(&b, "peakrate %s minburst %s ", formatRate(s.PeakRate), FormatSize(s.MTU))
	}
	if s.Limit != 0 {
		latency := serialization(int64(s.Limit), s.Rate) - serialization(int64(burst), s.Rate)
		if s.PeakRate != 0 {
			latency = max(latency, serialization(int64(s.Limit), s.PeakRate)-serialization(int64(s.MTU), s.PeakRate))
		}
		if latency >= 0 {
			fmt.Fprintf(&b, "lat %s ", formatMicroseconds(latency))
		} else {
			fmt.Fprintf(&b, "limit %s ", FormatSize(s.Limit))
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

func (c CoDel) text() string {
	c = c.withDefaults()
	return "codel " + fmt.Sprintf("limit %dp target %s interval %s ", c.Limit, formatMicroseconds(c.Target), formatMicroseconds(c.Interval)) + word(c.ECN, "ecn ")
}

func (f FQCoDel) text() string {
	f = f.withDefaults()
	return "fq_codel " + fmt.Sprintf("limit %dp flows %d quantum %d target %s interval %s memory_limit %s ", f.Limit, f.Flows, f.Quantum,
		formatMicroseconds(f.Target), formatMicroseconds(f.Interval), FormatSize(f.MemoryLimit)) + word(!f.NoECN, "ecn ") + fmt.Sprintf("drop_batch %d ", f.DropBatch)
}

// String returns the queue as tc prints it, with its kind in front.
func (c CoDel) String() string { return c.text() }

// String returns the queue as tc prints it, with its kind in front.
func (f FQCoDel) String() string { return f.text() }

func word(is bool, w string) string {
	if is {
		return w
	}
	return ""
}

// percent prints a probability as netem holds it, with C's %g.
func percent(p float64) string {
	return strconv.FormatFloat(100*float64(scaled(p))/(1<<32-1), 'g', 6, 64) + "%"
}

func correlation(c float64) string {
	if c == 0 {
		return ""
	}
	return " " + percent(c)
}

// formatTime prints three digits of s, ms or us, or whole ns.
func formatTime(d time.Duration) string {
	if d < time.Microsecond {
		return fmt.Sprintf("%dns", d)
	}
	return formatMicroseconds(d)
}

// formatMicroseconds is formatTime without ns.
func formatMicroseconds(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.3gs", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.3gms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.3gus", float64(d)/float64(time.Microsecond))
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
