package veth

import (
	"strconv"
	"strings"
	"time"
)

// ParseTBF reads what tc takes behind "tbf": "rate 1mbit burst 32kbit latency 400ms". The
// error is a *TextError, or for what the kernel refuses an *Error.
func ParseTBF(text string) (Shaper, error) { return parseTBF(strings.Fields(text), false) }

// parseTBF; printed says that the text is of String, where a limit is not needed.
func parseTBF(w words, printed bool) (Shaper, error) {
	p := tbfParser{w: w}
	for len(p.w) > 0 {
		if err := p.option(p.w.next()); err != nil {
			return Shaper{}, err
		}
	}
	if !printed {
		if err := p.check(); err != nil {
			return Shaper{}, err
		}
	}
	p.fillLimit()
	return p.s, p.s.validate()
}

type tbfParser struct {
	w       words
	s       Shaper
	latency time.Duration
}

func (p *tbfParser) option(word string) error {
	s := &p.s
	illegal := func(name string) func(string) error {
		return func(value string) error { return refuse("tbf: illegal value for \"%s\": \"%s\"", name, value) }
	}
	once := func(set bool, name string) error {
		if set {
			return refuse("tbf: duplicate \"%s\" specification", name)
		}
		return nil
	}
	switch {
	case means(word, "limit"):
		if p.latency != 0 {
			return refuse(`tbf: specifying both "latency" and "limit" is not allowed`)
		}
		return first(once(s.Limit != 0, "limit"), read(&p.w, &s.Limit, parseSize, illegal("limit")))
	case means(word, "latency"):
		if s.Limit != 0 {
			return refuse(`tbf: specifying both "limit" and "/latency" is not allowed`)
		}
		return first(once(p.latency != 0, "latency"), read(&p.w, &p.latency, parseTime, illegal("latency")))
	case means(word, "burst"), word == "buffer", word == "maxburst":
		return first(once(s.Burst != 0, "buffer/burst/maxburst"), read(&p.w, &s.Burst, parseCell, illegal(word)))
	case word == "mtu", word == "minburst":
		return first(once(s.MTU != 0, "mtu/minburst"), read(&p.w, &s.MTU, parseCell, illegal(word)))
	case word == "mpu":
		return first(once(s.MPU != 0, "mpu"), read(&p.w, &s.MPU, parseSize, illegal("mpu")))
	case word == "rate":
		return first(once(s.Rate != 0, "rate"), read(&p.w, &s.Rate, parseRate, illegal("rate")))
	case means(word, "peakrate"):
		return first(once(s.PeakRate != 0, "peakrate"), read(&p.w, &s.PeakRate, parseRate, illegal("peakrate")))
	case means(word, "overhead"):
		return first(once(s.Overhead != 0, "overhead"), read(&p.w, &s.Overhead, parseUint, illegal("overhead")))
	case means(word, "linklayer"):
		return read(&p.w, &s.ATM, parseLinkLayer, illegal("linklayer"))
	case word == "help":
		return &TextError{Usage: "tbf"}
	}
	return &TextError{Message: "tbf: unknown parameter \"" + word + "\"", Usage: "tbf"}
}

// parseCell reads a size with the size of a cell of the kernel's rate table, a power of two.
// Kernels of today have no such table.
func parseCell(s string) (int, bool) {
	s, cell, found := strings.Cut(s, "/")
	n, ok := parseSize(s)
	if found {
		c, err := strconv.ParseUint(cell, 0, 31)
		ok = ok && err == nil && c != 0 && c&(c-1) == 0
	}
	return n, ok
}

func parseLinkLayer(s string) (atm, ok bool) {
	atm = means(s, "atm") || means(s, "adsl")
	return atm && !means(s, "ethernet"), atm || means(s, "ethernet")
}

// check tells of all that is missing, as tc does.
func (p *tbfParser) check() error {
	var missing []string
	if p.s.Rate == 0 {
		missing = append(missing, `tbf: the "rate" parameter is mandatory.`)
	}
	if p.s.Burst == 0 {
		missing = append(missing, `tbf: the "burst" parameter is mandatory.`)
	}
	if p.s.PeakRate != 0 && p.s.MTU == 0 {
		missing = append(missing, `tbf: when "peakrate" is specified, "mtu" must also be specified.`)
	}
	if p.s.Limit == 0 && p.latency == 0 {
		missing = append(missing, `tbf: either "limit" or "latency" is required.`)
	}
	if missing != nil {
		return &TextError{Message: strings.Join(missing, "\n"), Usage: "tbf"}
	}
	if p.s.PeakRate == 0 {
		p.s.MTU = 0 // of use to nobody
	}
	return nil
}

// fillLimit makes a latency the limit that has it.
func (p *tbfParser) fillLimit() {
	if p.latency == 0 {
		return
	}
	limit := float64(p.s.Rate)/8*p.latency.Seconds() + float64(p.s.Burst)
	if p.s.PeakRate != 0 {
		limit = min(limit, float64(p.s.PeakRate)/8*p.latency.Seconds()+float64(p.s.MTU))
	}
	p.s.Limit = int(min(limit, 1<<31-1))
}

// ParseCoDel reads what tc takes behind "codel", and what String prints.
func ParseCoDel(text string) (CoDel, error) { return parseCoDel(fields(text, "codel"), CoDel{}) }

// fields returns the words of a text without the kind in front.
func fields(text, kind string) words {
	w := words(strings.Fields(text))
	w.skip(kind)
	return w
}

func parseCoDel(w words, c CoDel) (_ CoDel, err error) {
	for len(w) > 0 && err == nil {
		switch word := w.next(); word {
		case "limit":
			err = read(&w, &c.Limit, parsePackets, calls("limit"))
		case "target":
			err = read(&w, &c.Target, parseTime, calls("target"))
		case "interval":
			err = read(&w, &c.Interval, parseTime, calls("interval"))
		case "ecn", "noecn":
			c.ECN = word == "ecn"
		default:
			err = unknown(word, "codel")
		}
	}
	return c, first(err, c.validate())
}

// ParseFQCoDel reads what tc takes behind "fq_codel", and what String prints.
func ParseFQCoDel(text string) (FQCoDel, error) {
	return parseFQCoDel(fields(text, "fq_codel"), FQCoDel{})
}

func parseFQCoDel(w words, f FQCoDel) (_ FQCoDel, err error) {
	for len(w) > 0 && err == nil {
		switch word := w.next(); word {
		case "limit":
			err = read(&w, &f.Limit, parsePackets, calls("limit"))
		case "flows":
			err = read(&w, &f.Flows, parseUint, calls("flows"))
		case "quantum":
			err = read(&w, &f.Quantum, parseUint, calls("quantum"))
		case "drop_batch":
			err = read(&w, &f.DropBatch, parseUint, calls("drop_batch"))
		case "target":
			err = read(&w, &f.Target, parseTime, calls("target"))
		case "memory_limit":
			err = read(&w, &f.MemoryLimit, parseSize, calls("memory_limit"))
		case "interval":
			err = read(&w, &f.Interval, parseTime, calls("interval"))
		case "ecn", "noecn":
			f.NoECN = word == "noecn"
		default:
			err = unknown(word, "fq_codel")
		}
	}
	return f, first(err, f.validate())
}

// parsePackets takes the "p" that tc prints, too.
func parsePackets(s string) (int, bool) { return parseUint(strings.TrimSuffix(s, "p")) }

func unknown(word, kind string) error {
	if word == "help" {
		return &TextError{Usage: kind}
	}
	return &TextError{Message: "What is \"" + word + "\"?", Usage: kind}
}
