package veth

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// ParseNetem reads what tc takes behind "netem": "delay 100ms 10ms 25% distribution normal loss
// gemodel 1% 10%". Words may be shortened as there. What String prints is read, too, with the
// words that tc has not. Without a limit it is 1000, as in the kernel. The error is a
// *TextError, or for what the kernel would not do as it was asked an *Error.
func ParseNetem(text string) (Impairment, error) { return parseNetem(strings.Fields(text)) }

func parseNetem(w words) (i Impairment, err error) {
	p := netemParser{w: w, i: Impairment{Limit: defaultLimit}}
	if err := p.read(); err != nil {
		return Impairment{}, err
	}
	if p.i.Jitter.Spread == 0 {
		p.i.Jitter.Correlation = 0
	}
	if p.i.Reorder.P == 0 {
		p.i.Reorder.Correlation = 0
	}
	return p.i, p.i.Validate()
}

type netemParser struct {
	w     words
	i     Impairment
	given map[string]bool // what was said of names of options, and "correlation"
}

// read reads all words.
func (p *netemParser) read() error {
	p.given = make(map[string]bool)
	for len(p.w) > 0 {
		if err := p.option(p.w.next()); err != nil {
			return err
		}
	}
	return p.check()
}

// netemOptions are in tc's order, in which a prefix is looked for.
var netemOptions = []struct {
	name string
	read func(p *netemParser) error
}{
	{"limit", (*netemParser).limit},
	{"latency", (*netemParser).delay}, {"delay", (*netemParser).delay},
	{"loss", (*netemParser).loss}, {"drop", (*netemParser).loss},
	{"ecn", func(p *netemParser) error { p.i.ECN = true; return nil }},
	{"reorder", func(p *netemParser) error {
		return p.chance(&p.i.Reorder.P, &p.i.Reorder.Correlation, "reorder", "reorder")
	}},
	{"corrupt", func(p *netemParser) error {
		return p.chance(&p.i.Corrupt.P, &p.i.Corrupt.Correlation, "corrupt", "corrupt")
	}},
	{"gap", func(p *netemParser) error { return read(&p.w, &p.i.Reorder.Gap, parseUint, calls("gap")) }},
	{"duplicate", func(p *netemParser) error {
		return p.chance(&p.i.Duplicate.P, &p.i.Duplicate.Correlation, "duplicate", "duplicate")
	}},
	{"distribution", func(p *netemParser) (err error) { p.i.Jitter.Distribution, err = p.distribution(); return err }},
	{"rate", (*netemParser).rate},
	{"slot", (*netemParser).slot},
	{"seed", func(p *netemParser) error { return read(&p.w, &p.i.Seed, parseSeed, calls("seed")) }},
	{"queue", func(p *netemParser) error { return read(&p.w, &p.i.Queue, parseUint, calls("queue")) }},
	{"mtu", func(p *netemParser) error { return read(&p.w, &p.i.MTU, parseUint, calls("mtu")) }},
	{"tbf", (*netemParser).shaper},
}

func parseSeed(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 0, 64)
	return n, err == nil
}

func (p *netemParser) option(word string) error {
	for _, o := range netemOptions {
		if means(word, o.name) {
			p.given[o.name] = true
			return o.read(p)
		}
	}
	if word == "help" {
		return &TextError{Usage: "netem"}
	}
	return &TextError{Message: "What is \"" + word + "\"?", Usage: "netem"}
}

// check refuses what tc does when it has read all.
func (p *netemParser) check() error {
	i := &p.i
	problem := ""
	switch {
	case i.Reorder.P != 0 && i.Delay == 0:
		problem = "reordering not possible without specifying some delay"
	case i.Reorder.P == 0 && i.Reorder.Gap > 0:
		problem = "gap specified without reorder probability"
	case i.ECN && i.Loss.P == 0 && i.Loss.Model == nil:
		problem = "ecn requested without loss model"
	case i.Jitter.Distribution != nil && (i.Delay == 0 || i.Jitter.Spread == 0):
		problem = "distribution specified but no latency and jitter values"
	}
	if problem != "" {
		return &TextError{Message: problem, Usage: "netem"}
	}
	i.Jitter.Spread = min(i.Jitter.Spread, maxSpread)
	if i.Reorder.P != 0 {
		i.Reorder.Gap = max(i.Reorder.Gap, 1)
	}
	return nil
}

func (p *netemParser) limit() error {
	if err := read(&p.w, &p.i.Limit, parseSize, calls("limit")); err != nil {
		return err
	}
	if p.i.Limit == 0 {
		return invalid("Limit", 0, "no frame would pass")
	}
	return nil
}

func (p *netemParser) delay() error {
	if err := read(&p.w, &p.i.Delay, parseTime, calls("latency")); err != nil || !p.w.digit(false) {
		return err
	}
	if err := read(&p.w, &p.i.Jitter.Spread, parseTime, calls("latency")); err != nil || !p.w.digit(false) {
		return err
	}
	p.given["correlation"] = true
	return p.percent(&p.i.Jitter.Correlation, "latency")
}

func (p *netemParser) percent(to *float64, what string) error {
	return read(&p.w, to, parsePercent, calls(what))
}

// chance reads a probability and, if there is one, a correlation.
func (p *netemParser) chance(probability, correlation *float64, what, correlated string) error {
	if err := p.percent(probability, what); err != nil || !p.w.digit(false) {
		return err
	}
	if what != "reorder" && what != "corrupt" { // which have attributes of their own
		p.given["correlation"] = true
	}
	return p.percent(correlation, correlated)
}

func (p *netemParser) loss() error {
	if p.i.Loss.P != 0 || p.i.Loss.Model != nil {
		return refuse("Illegal \"duplicate loss argument\n\"")
	}
	if !p.w.digit(false) {
		word, err := p.w.value()
		switch {
		case err != nil:
			return err
		case word == "state":
			return p.fourState()
		case word == "gemodel":
			return p.gilbertElliott()
		case word != "random":
			return refuse("Unknown loss parameter: %s", word)
		}
	}
	return p.chance(&p.i.Loss.P, &p.i.Loss.Correlation, "loss percent", "loss correlation")
}

// series reads probabilities, of which the first must be there, with the names before them
// that tc prints.
func (p *netemParser) series(what string, names []string, to ...*float64) (n int, err error) {
	for ; n < len(to); n++ {
		if n > 0 && !p.w.digit(false) && (len(p.w) < 2 || p.w[0] != names[n]) {
			return n, nil
		}
		p.w.skip(names[n])
		if err := p.percent(to[n], what+strings.TrimPrefix(names[n], "1-")); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (p *netemParser) fourState() error {
	m := FourState{P23: 1}
	n, err := p.series("loss ", []string{"p13", "p31", "p32", "p23", "p14"}, &m.P13, &m.P31, &m.P32, &m.P23, &m.P14)
	if n == 1 {
		m.P31 = 1 - m.P13
	}
	p.i.Loss.Model = m
	return err
}

func (p *netemParser) gilbertElliott() error {
	m := GilbertElliott{}
	lossy := 1.0
	n, err := p.series("loss gemodel ", []string{"p", "r", "1-h", "1-k"}, &m.P, &m.R, &lossy, &m.K1)
	if n == 1 {
		m.R = 1 - m.P
	}
	m.H = 1 - lossy
	p.i.Loss.Model = m
	return err
}

func (p *netemParser) distribution() (*Distribution, error) {
	name, err := p.w.value()
	if err != nil {
		return nil, err
	}
	if n := slices.IndexFunc(distributions, func(d *Distribution) bool { return d.name == name }); n >= 0 {
		return distributions[n], nil
	}
	return nil, refuse("No distribution data for %s (/usr/lib/x86_64-linux-gnu/tc//%s.dist: No such file or directory)", name, name)
}

func (p *netemParser) rate() error {
	if err := read(&p.w, &p.i.Rate, parseRate, calls("rate")); err != nil {
		return err
	}
	f := &p.i.Framing
	for _, o := range []struct {
		name   string
		signed bool
		to     *int
	}{{"packetoverhead", true, &f.PacketOverhead}, {"cellsize", false, &f.CellSize}, {"celloverhead", true, &f.CellOverhead}} {
		named := len(p.w) > 1 && p.w[0] == o.name
		p.w.skip(o.name)
		if !named && !p.w.digit(o.signed) {
			continue
		}
		if err := read(&p.w, o.to, parseInt, calls("rate")); err != nil {
			return err
		}
	}
	return nil
}

func (p *netemParser) slot() error {
	s := &p.i.Slots
	var err error
	if p.w.digit(false) {
		err = read(&p.w, &s.Min, parseTime, calls("slot min_delay"))
		if s.Max = s.Min; err == nil && p.w.digit(false) {
			if err = read(&p.w, &s.Max, parseTime, calls("slot max_delay")); err == nil && s.Max < s.Min {
				err = illegal("slot max_delay")
			}
		}
	} else {
		err = p.slotDistribution(s)
	}
	for _, o := range []struct {
		name  string
		to    *int
		parse func(string) (int, bool)
	}{{"packets", &s.Packets, parseUint}, {"bytes", &s.Bytes, parseSize}} {
		if err == nil && len(p.w) > 0 && means(p.w[0], o.name) {
			p.w.next()
			if err = read(&p.w, o.to, o.parse, calls("slot "+o.name)); errors.As(err, new(*TextError)) {
				err = illegal("slot " + o.name)
			}
		}
	}
	return err
}

func (p *netemParser) slotDistribution(s *Slots) error {
	word, err := p.w.value()
	if err == nil && word != "distribution" {
		err = refuse("Unknown slot parameter: %s", word)
	}
	if err == nil {
		s.Distribution, err = p.distribution()
	}
	if err == nil {
		err = read(&p.w, &s.Mean, parseTime, calls("slot delay"))
	}
	if err == nil {
		err = read(&p.w, &s.Spread, parseTime, calls("slot jitter"))
	}
	if err == nil && s.Spread <= 0 {
		err = refuse("Non-positive jitter")
	}
	return err
}

// shaper reads what String prints for a Shaper, which ends the text.
func (p *netemParser) shaper() error {
	rest := p.w
	p.w = nil
	n := slices.IndexFunc(rest, func(word string) bool { return word == "codel" || word == "fq_codel" })
	if n < 0 {
		n = len(rest)
	}
	s, err := parseTBF(rest[:n], true)
	switch {
	case err != nil || n == len(rest):
	case rest[n] == "codel":
		s.Queue, err = parseCoDel(rest[n+1:], CoDel{})
	default:
		s.Queue, err = parseFQCoDel(rest[n+1:], FQCoDel{})
	}
	p.i.Shaper = s
	return err
}
