package veth

import (
	"fmt"
	"time"
)

// An Impairment degrades one direction of a cable in the manner of tc-netem(8). The zero
// Impairment is a perfect cable: no delay, no loss, no limit. Impairments are comparable.
//
// A frame meets what there is in the order of Linux: it is doubled (Duplicate), lost (Loss),
// damaged (Corrupt), finds no room (Limit), and is then delayed (Delay, Jitter, Rate) or sent
// ahead of those that are (Reorder). What has been delayed leaves in Slots and, if there is
// one, through Shaper. The package documentation says where this differs from netem.
//
// Super-segments cross a Delay whole. All else cuts them into the frames of a real wire
// first, so that loss, limits and rates mean what they mean there.
type Impairment struct {
	// Delay is added to every frame.
	Delay time.Duration

	// Jitter makes the delays differ, so that frames overtake each other unless a Rate keeps
	// them in line.
	Jitter Jitter

	// Loss decides which frames are lost.
	Loss Loss

	// ECN marks frames that Loss strikes, and which say that they can be marked (RFC 3168),
	// instead of losing them.
	ECN bool

	Duplicate Chance // of arriving twice
	Corrupt   Chance // of arriving with one wrong bit
	Reorder   Reorder

	// Rate is the speed of the wire in bit/s, counting frames with their Ethernet
	// header but without preamble and FCS, as netem does; Framing adds to that. 0 is unlimited.
	Rate    int64
	Framing Framing

	// Queue is how many frames may wait for the wire at Rate, or for tokens of Shaper, before
	// further ones are dropped. 0 means 1000, or no bound but Limit if there is one.
	Queue int

	// Limit is how many frames may wait and be on their way together: netem's limit, which tc
	// makes 1000. 0 is no bound but that of memory, 65536 frames.
	Limit int

	// MTU is the largest payload that passes, in bytes; larger frames vanish, and nobody is
	// told: a black hole of path MTU discovery. 0 is no such bound.
	MTU int

	Slots  Slots
	Shaper Shaper

	// Seed makes the draws of this impairment repeatable by themselves. 0 draws from the
	// cable's generator, which WithSeed seeds.
	Seed uint64
}

// Lossy returns the impairment that loses frames independently of each other, each with
// probability p.
func Lossy(p float64) Impairment { return Impairment{Loss: Loss{P: p}} }

// maxLimit is the largest Limit and Queue. With 1<<20 frames of 1500 bytes a direction holds
// 1.5 GB.
const maxLimit = 1 << 20

// maxInFlight bounds the memory of a direction without Limit: 65536 frames of 1500
// bytes are 8 Gbit/s over 100 ms.
const maxInFlight = 1 << 16

// defaultLimit is the default of netem's parameter "limit".
const defaultLimit = 1000

// Validate reports an impossible value as an *Error that wraps ErrImpairment.
func (i Impairment) Validate() error {
	if i == (Impairment{}) { // as of most cables, each time that a container starts
		return nil
	}
	checks := []error{
		notNegative("Delay", i.Delay), i.Jitter.validate(i.Delay), i.Loss.validate(), i.Duplicate.validate("Duplicate"),
		i.Corrupt.validate("Corrupt"), i.Reorder.validate(i.Delay), notNegative("Rate", i.Rate), i.Framing.validate(),
		within("Queue", i.Queue, 0, maxLimit), within("Limit", i.Limit, 0, maxLimit), i.Slots.validate(), i.Shaper.validate(),
	}
	if i.MTU != 0 {
		checks = append(checks, within("MTU", i.MTU, minMTU, maxMTU))
	}
	if i.ECN && i.Loss == (Loss{}) {
		checks = append(checks, invalid("ECN", i.ECN, "ecn requested without loss model"))
	}
	return first(checks...)
}

// whole reports whether super-segments need not be cut.
func (i Impairment) whole() bool { return i == Impairment{Delay: i.Delay, Seed: i.Seed} }

func invalid(field string, value any, reason string) error {
	return &Error{Field: field, Value: value, Err: fmt.Errorf("%w: %s", ErrImpairment, reason)}
}

func notNegative[N ~int | ~int64](field string, n N) error {
	if n < 0 {
		return invalid(field, n, "negative")
	}
	return nil
}

func within(field string, n, low, high int) error {
	if low == 0 && n < 0 {
		return invalid(field, n, "negative")
	}
	if n < low || n > high {
		return invalid(field, n, fmt.Sprintf("outside [%d, %d]", low, high))
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
