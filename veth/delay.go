package veth

import (
	"math"
	"time"
)

// A Jitter is how delays differ. Without Distribution they are uniform in Delay ± Spread;
// with one Spread is the standard deviation.
type Jitter struct {
	Spread       time.Duration
	Correlation  float64 // of a delay with the one before, in [0, 1]
	Distribution *Distribution
}

// maxSpread is netem's bound, the largest int32 in nanoseconds.
const maxSpread = math.MaxInt32 * time.Nanosecond

func (j Jitter) validate(delay time.Duration) error {
	switch {
	case j.Spread < 0:
		return invalid("Jitter", j.Spread, "negative")
	case j.Spread > maxSpread:
		return invalid("Jitter", j.Spread, "more than 2.147483647s")
	case j.Distribution != nil && (delay == 0 || j.Spread == 0):
		return invalid("Jitter", j.Spread, "distribution specified but no latency and jitter values")
	case j.Correlation != 0 && j.Spread == 0:
		return invalid("Jitter.Correlation", j.Correlation, "correlation of no jitter")
	}
	return probability("Jitter.Correlation", j.Correlation)
}

// sample is netem's tabledist: mean and spread with the random number rnd. It may be negative.
// netem takes what rnd leaves when it is divided by the size of a table or the width of an
// interval. Those are its low bits, in which nothing is left of a correlation; here the high
// ones decide, so that correlated delays are.
func (d *Distribution) sample(mean, spread time.Duration, rnd uint32) time.Duration {
	if spread == 0 {
		return mean
	}
	if d == nil || d.table == nil {
		return saturated(mean, time.Duration(uint64(rnd)*uint64(2*spread)>>32)-spread)
	}
	table := d.table()
	t := int64(table[uint64(rnd)*uint64(len(table))>>32])
	x := int64(spread) % distScale * t
	if x >= 0 {
		x += distScale / 2
	} else {
		x -= distScale / 2
	}
	return saturated(mean, time.Duration(x/distScale+int64(spread)/distScale*t))
}

// saturated returns mean+off, where mean is not negative.
func saturated(mean, off time.Duration) time.Duration {
	if off > math.MaxInt64-mean {
		return math.MaxInt64
	}
	return mean + off
}
