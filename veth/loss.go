package veth

import "math/rand/v2"

// A Loss says how frames are lost: independently of each other, each with
// probability P in [0, 1].
type Loss struct {
	P float64
}

// valid is false for NaN, too.
func (l Loss) valid() bool { return l.P >= 0 && l.P <= 1 }

// strikes decides about one frame. Each takes one draw, lost or not and whatever P is, so
// that another Delay or Rate does not move the losses.
func (l Loss) strikes(rng *rand.Rand) bool { return rng.Float64() < l.P }
