package veth

import (
	"slices"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// A Schedule is how a direction changes in time:
//
//	veth.Schedule{{At: 2 * time.Second, Impairment: veth.Lossy(0.3)}, {At: 7 * time.Second}}
//
// loses 30 % of the frames from 2 s on, and heals at 7 s.
type Schedule []Step

// A Step sets an Impairment at a time after the schedule began.
type Step struct {
	At         time.Duration
	Impairment Impairment
}

// Validate reports an impossible value as an *Error that wraps ErrImpairment.
func (s Schedule) Validate() error {
	for n, step := range s {
		if err := step.Impairment.Validate(); err != nil {
			return err
		}
		if step.At < 0 || n > 0 && step.At < s[n-1].At {
			return invalid("At", step.At, "before the step before")
		}
	}
	return nil
}

// Follow has e impaired as the schedule says, counted from now, until stop is called or the
// cable closes.
func (e *Endpoint) Follow(s Schedule) (stop func(), err error) {
	return s.Play(e.clock, func(i Impairment) error {
		if e.cable.state.Load() == stateClosed {
			return ErrImpairment
		}
		return e.Impair(i)
	})
}

// Play calls apply with the impairment of each step when its time has come, by a timer of the
// clock, until stop is called or apply fails. What is due at once is applied before Play
// returns. When stop returns apply is not running, and is not called any more; so apply must
// not call it.
func (s Schedule) Play(clock tcpip.Clock, apply func(Impairment) error) (stop func(), err error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	p := &player{steps: slices.Clone(s), clock: clock, start: clock.NowMonotonic(), apply: apply}
	p.play()
	return p.stop, nil
}

// A player is a schedule at work.
type player struct {
	clock tcpip.Clock
	start tcpip.MonotonicTime
	apply func(Impairment) error

	mu    sync.Mutex
	steps []Step // +checklocks:mu
	timer tcpip.Timer
}

func (p *player) play() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.steps) > 0 {
		if wait := p.start.Add(p.steps[0].At).Sub(p.clock.NowMonotonic()); wait > 0 {
			p.timer = p.clock.AfterFunc(wait, p.play)
			return
		}
		if p.apply(p.steps[0].Impairment) != nil {
			p.steps = nil
			return
		}
		p.steps = p.steps[1:]
	}
}

func (p *player) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps = nil
	if p.timer != nil {
		p.timer.Stop()
	}
}
