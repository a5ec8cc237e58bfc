package veth

import (
	"cmp"
	"strings"
)

// ChangeNetem reads what tc takes behind "change … netem", and returns what becomes of was. As
// in the kernel, Limit, Delay, the spread of Jitter, Loss, Duplicate and the gap of Reorder are what the
// text says, and all else stays that it does not name. Some of that does nothing without what has gone: a
// correlation or distribution without jitter, a Reorder without gap, ECN without loss. kept has it, too, for
// the next change and for Netem; the gap of a Reorder without is -1.
func ChangeNetem(was Impairment, text string) (now, kept Impairment, err error) {
	p := netemParser{w: strings.Fields(text), i: Impairment{Limit: defaultLimit}}
	if err := p.read(); err != nil {
		return Impairment{}, Impairment{}, err
	}
	kept = p.over(was)
	now = kept.active()
	return now, kept, now.Validate()
}

// over returns what the kernel has when was is changed by attributes that have been read.
func (p *netemParser) over(was Impairment) Impairment {
	i := p.i
	if !p.given["correlation"] {
		i.Jitter.Correlation, i.Duplicate.Correlation = was.Jitter.Correlation, was.Duplicate.Correlation
		i.Loss.Correlation = was.Loss.Correlation
	}
	if !p.given["reorder"] {
		if i.Reorder = was.Reorder; i.Reorder != (Reorder{}) {
			i.Reorder.Gap = -1
		}
	}
	for _, o := range []struct {
		name string
		keep func()
	}{
		{"corrupt", func() { i.Corrupt = was.Corrupt }},
		{"rate", func() { i.Rate, i.Framing = was.Rate, was.Framing }},
		{"distribution", func() { i.Jitter.Distribution = was.Jitter.Distribution }},
		{"slot", func() { i.Slots = was.Slots }},
		{"ecn", func() { i.ECN = was.ECN }},
		{"seed", func() { i.Seed = was.Seed }},
		{"queue", func() { i.Queue = was.Queue }},
		{"mtu", func() { i.MTU = was.MTU }},
	} {
		if !p.given[o.name] {
			o.keep()
		}
	}
	return i
}

// active leaves out what does nothing.
func (i Impairment) active() Impairment {
	if i.Jitter.Spread == 0 {
		i.Jitter = Jitter{}
	}
	if i.Delay == 0 {
		i.Jitter.Distribution = nil
	}
	if i.Loss.Model != nil || i.Loss.P == 0 {
		i.Loss = Loss{Model: i.Loss.Model}
	}
	if i.Loss == (Loss{}) {
		i.ECN = false
	}
	if i.Duplicate.P == 0 {
		i.Duplicate = Chance{}
	}
	if i.Reorder.Gap < 0 || i.Reorder.P == 0 {
		i.Reorder = Reorder{}
	}
	return i
}

// ChangeCoDel reads what tc takes behind "change … codel": what it does not name, or as zero, is as
// it was.
func ChangeCoDel(was CoDel, text string) (CoDel, error) {
	c, err := parseCoDel(fields(text, "codel"), CoDel{ECN: was.ECN})
	c.Limit, c.Target, c.Interval = cmp.Or(c.Limit, was.Limit), cmp.Or(c.Target, was.Target), cmp.Or(c.Interval, was.Interval)
	return c, err
}

// ChangeFQCoDel is ChangeCoDel for fq_codel, whose Flows the kernel does not change.
func ChangeFQCoDel(was FQCoDel, text string) (FQCoDel, error) {
	f, err := parseFQCoDel(fields(text, "fq_codel"), FQCoDel{NoECN: was.NoECN})
	if err == nil && f.Flows != 0 {
		err = invalid("FQCoDel.Flows", f.Flows, "flows of a queue that is there")
	}
	f.Flows = was.Flows
	f.Limit, f.Target, f.Interval = cmp.Or(f.Limit, was.Limit), cmp.Or(f.Target, was.Target), cmp.Or(f.Interval, was.Interval)
	f.Quantum, f.MemoryLimit, f.DropBatch = cmp.Or(f.Quantum, was.Quantum), cmp.Or(f.MemoryLimit, was.MemoryLimit), cmp.Or(f.DropBatch, was.DropBatch)
	return f, err
}
