package veth

import "time"

// A Reorder sends frames at once, ahead of those that are delayed: of every Gap frames the
// last one, with probability P.
type Reorder struct {
	P           float64
	Correlation float64
	Gap         int // 0 means 1: any frame
}

func (r Reorder) validate(delay time.Duration) error {
	switch {
	case r.P != 0 && delay == 0:
		return invalid("Reorder", r.P, "reordering not possible without specifying some delay")
	case r.P == 0 && r.Gap != 0:
		return invalid("Reorder.Gap", r.Gap, "gap specified without reorder probability")
	}
	return first(Chance{r.P, r.Correlation}.validate("Reorder"), notNegative("Reorder.Gap", r.Gap))
}

// A reordering is a Reorder at work.
type reordering struct {
	gap, counter int
	threshold    uint32
	correlated
}

func (r Reorder) reordering(s stream) reordering {
	o := reordering{threshold: scaled(r.P), correlated: newCorrelated(r.Correlation, s)}
	if r.P != 0 {
		o.gap = max(r.Gap, 1)
	}
	return o
}

// strikes reports whether the frame goes ahead.
func (o *reordering) strikes(s stream, frame uint64) bool {
	if o.gap == 0 || o.counter < o.gap-1 || o.threshold < o.next(uint32(s.at(frame))) {
		o.counter++
		return false
	}
	o.counter = 0
	return true
}
