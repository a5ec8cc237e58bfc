package veth

import (
	"fmt"
	"strings"
	"time"
)

// An Impairment degrades one direction of a cable in the manner of tc-netem(8).
// The zero Impairment is a perfect cable: no delay, no loss, no limit. Impairments
// are comparable.
//
// A direction with an impairment cuts super-segments into the frames of a real
// wire first, so that loss and rate mean what they mean there.
type Impairment struct {
	// Delay is added to every frame after it has been sent at Rate.
	Delay time.Duration

	// Loss decides which frames are lost.
	Loss Loss

	// Rate is the speed of the wire in bit/s, counting frames with their Ethernet
	// header but without preamble and FCS, as netem does. 0 is unlimited.
	Rate int64

	// Queue is how many frames may wait for the wire at Rate before further ones
	// are dropped. 0 means 1000, netem's limit.
	Queue int
}

// Validate reports an impossible value as an *Error that wraps ErrImpairment.
func (i Impairment) Validate() error {
	switch {
	case i.Delay < 0:
		return &Error{Field: "Delay", Value: i.Delay, Err: fmt.Errorf("%w: negative", ErrImpairment)}
	case !i.Loss.valid():
		return &Error{Field: "Loss", Value: i.Loss.P, Err: fmt.Errorf("%w: outside [0, 1]", ErrImpairment)}
	case i.Rate < 0:
		return &Error{Field: "Rate", Value: i.Rate, Err: fmt.Errorf("%w: negative", ErrImpairment)}
	case i.Queue < 0:
		return &Error{Field: "Queue", Value: i.Queue, Err: fmt.Errorf("%w: negative", ErrImpairment)}
	}
	return nil
}

// String returns the impairment as tc(8) prints it, with its rounding: "delay 50ms
// loss 1% rate 10Mbit". The perfect cable is "".
func (i Impairment) String() string {
	var s []string
	if i.Queue != 0 {
		s = append(s, fmt.Sprint("limit ", i.Queue))
	}
	if i.Delay != 0 {
		s = append(s, "delay "+formatTime(i.Delay))
	}
	if i.Loss.P != 0 {
		s = append(s, fmt.Sprintf("loss %.6g%%", i.Loss.P*100))
	}
	if i.Rate != 0 {
		s = append(s, "rate "+formatRate(i.Rate))
	}
	return strings.Join(s, " ")
}

// defaultLimit is the default of netem's parameter "limit".
const defaultLimit = 1000

func (i Impairment) limit() int {
	if i.Queue == 0 {
		return defaultLimit
	}
	return i.Queue
}

// formatTime prints three digits of s, ms or us, or whole ns.
func formatTime(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.3gs", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.3gms", float64(d)/float64(time.Millisecond))
	case d >= time.Microsecond:
		return fmt.Sprintf("%.3gus", float64(d)/float64(time.Microsecond))
	default:
		return fmt.Sprintf("%dns", d)
	}
}
