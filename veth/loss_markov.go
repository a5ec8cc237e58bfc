package veth

import (
	"fmt"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// GilbertElliott is loss in bursts: a channel that is good or bad, and changes its state
// before each frame (tc's "loss gemodel P R 1-H 1-K"). In the long run the share P/(P+R) of
// frames meets the bad state, each time for 1/R frames on average.
type GilbertElliott struct {
	P  float64 // probability that a good channel turns bad
	R  float64 // probability that a bad channel turns good
	H  float64 // probability that a frame passes a bad channel; 0 is Gilbert's simple model
	K1 float64 // 1-K: probability that a frame is lost in a good channel
}

func (m GilbertElliott) validate() error {
	return first(probability("Loss.P", m.P), probability("Loss.R", m.R), probability("Loss.H", m.H), probability("Loss.K1", m.K1))
}

func (m GilbertElliott) text(as precision) string {
	return fmt.Sprintf("loss gemodel p %s r %s 1-h %s 1-k %s", as.percent(m.P), as.percent(m.R), as.percent(1-m.H), as.percent(m.K1))
}

func (m GilbertElliott) start() loser {
	return &gilbertElliott{p: scaled(m.P), r: scaled(m.R), h: scaled(m.H), k1: scaled(m.K1)}
}

type gilbertElliott struct {
	p, r, h, k1 uint32
	bad         bool
}

// strikes is netem's loss_gilb_ell: the loss is decided by the state before the change.
func (g *gilbertElliott) strikes(_, r uint64, _ *stack.PacketBuffer) bool {
	turn, fate := uint32(r), uint32(r>>32)
	if !g.bad {
		g.bad = turn < g.p
		return fate < g.k1
	}
	g.bad = turn >= g.r
	return fate > g.h
}

// FourState is Salsano's General and Intuitive model (tc's "loss state P13 P31 P32 P23 P14"):
// a gap, in which frames arrive but for single losses, and a burst, in which they are lost
// but for some. The states are 1, arrived in a gap; 2, arrived in a burst; 3, lost in a burst;
// 4, lost in a gap. Pxy is the probability to go from x to y.
type FourState struct{ P13, P31, P32, P23, P14 float64 }

func (m FourState) validate() error {
	err := first(probability("Loss.P13", m.P13), probability("Loss.P31", m.P31), probability("Loss.P32", m.P32),
		probability("Loss.P23", m.P23), probability("Loss.P14", m.P14))
	switch {
	case err != nil:
		return err
	case m.P13+m.P14 > 1:
		return invalid("Loss", m.text(exactly), "P13 and P14 exceed 1 together")
	case m.P31+m.P32 > 1:
		return invalid("Loss", m.text(exactly), "P31 and P32 exceed 1 together")
	}
	return nil
}

func (m FourState) text(as precision) string {
	return fmt.Sprintf("loss state p13 %s p31 %s p32 %s p23 %s p14 %s",
		as.percent(m.P13), as.percent(m.P31), as.percent(m.P32), as.percent(m.P23), as.percent(m.P14))
}

func (m FourState) start() loser {
	return &fourState{scaled(m.P13), scaled(m.P31), scaled(m.P32), scaled(m.P23), scaled(m.P14), 1}
}

type fourState struct {
	p13, p31, p32, p23, p14 uint32
	state                   int
}

// strikes is netem's loss_4state, in which the bounds of two intervals belong to neither.
func (f *fourState) strikes(_, r uint64, _ *stack.PacketBuffer) bool {
	x := uint64(uint32(r))
	p13, p31, p32, p14 := uint64(f.p13), uint64(f.p31), uint64(f.p32), uint64(f.p14)
	switch f.state {
	case 1:
		switch {
		case x < p14:
			f.state = 4
			return true
		case p14 < x && x < p13+p14:
			f.state = 3
			return true
		}
	case 2:
		if x < uint64(f.p23) {
			f.state = 3
			return true
		}
	case 3:
		switch {
		case x < p32:
			f.state = 2
		case p32 < x && x < p31+p32:
			f.state = 1
		case p31+p32 < x:
			return true
		}
	case 4:
		f.state = 1
	}
	return false
}
