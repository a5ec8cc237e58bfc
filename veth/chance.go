package veth

import "math"

// A Chance says how often something befalls a frame.
type Chance struct {
	P           float64 // probability, in [0, 1]
	Correlation float64 // how much a decision depends on the one before, in [0, 1]; see below

	// With Correlation the decisions are those of netem's formula, which averages random numbers: a
	// small P then strikes far more rarely than P says, and a large one more often. Loss{P: 0.02,
	// Correlation: 0.25} loses nearly nothing. For bursts use a GilbertElliott.
}

func (c Chance) validate(field string) error {
	return first(probability(field, c.P), probability(field+".Correlation", c.Correlation))
}

// probability refuses NaN, too.
func probability(field string, p float64) error {
	if p >= 0 && p <= 1 {
		return nil
	}
	return invalid(field, p, "outside [0, 1]")
}

// scaled is a probability as netem has it, in units of 1/(2^32-1).
func scaled(p float64) uint32 { return uint32(math.RoundToEven(p * math.MaxUint32)) }

// The kinds of draws, each from a stream of its own.
const (
	drawLoss = iota
	drawDuplicate
	drawCorrupt
	drawBit // which one is damaged
	drawReorder
	drawDelay
	drawSlot
	drawFlow // what FQ-CoDel hashes with
	drawKinds
)

// A stream is the random numbers of one kind. The number of a frame is its index, so what
// befalls a frame does not depend on whether other kinds draw, too: SplitMix64, of which any
// element can be had at once.
type stream uint64

const golden = 0x9e3779b97f4a7c15

func (s stream) at(frame uint64) uint64 {
	z := uint64(s) + (frame+1)*golden
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Indices apart from those of frames.
const (
	duplicates = 1 << 62 // added for the second copy of a frame
	initially  = 1 << 63 // what a correlated kind has for its first decision's predecessor
)

// A correlated is netem's get_crandom: numbers that depend on their predecessor.
type correlated struct{ rho, last uint32 }

func newCorrelated(correlation float64, s stream) correlated {
	return correlated{scaled(correlation), uint32(s.at(initially))}
}

func (c *correlated) next(value uint32) uint32 {
	if c.rho == 0 {
		return value
	}
	rho := uint64(c.rho) + 1
	c.last = uint32((uint64(value)*(1<<32-rho) + uint64(c.last)*rho) >> 32)
	return c.last
}

// A die decides with a Chance.
type die struct {
	threshold uint32
	correlated
}

func (c Chance) die(s stream) die { return die{scaled(c.P), newCorrelated(c.Correlation, s)} }

// strikes decides about the frame with that index.
func (d *die) strikes(s stream, frame uint64) bool {
	return d.threshold != 0 && d.threshold >= d.next(uint32(s.at(frame)))
}
