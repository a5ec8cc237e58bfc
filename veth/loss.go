package veth

import "gvisor.dev/gvisor/pkg/tcpip/stack"

// A Loss says which frames are lost: each with probability P, independently of the others, or as
// Model says. With Correlation it is not P of them: see Chance. For losses in bursts use GilbertElliott.
type Loss struct {
	P           float64
	Correlation float64

	// Model is a GilbertElliott, a FourState, or what LoseFrames or LoseIf return. Then P and
	// Correlation are 0.
	Model LossModel
}

// A LossModel decides which frames are lost by more than a probability. The package has all
// that there are.
type LossModel interface {
	validate() error
	text(as precision) string
	start() loser
}

// A loser is a model at work. frame counts from 1 since it was set; r are 64 random bits.
type loser interface {
	strikes(frame, r uint64, pkt *stack.PacketBuffer) bool
}

func (l Loss) validate() error {
	if l.Model == nil {
		return first(probability("Loss", l.P), probability("Loss.Correlation", l.Correlation))
	}
	if l.P != 0 || l.Correlation != 0 {
		return invalid("Loss", l.P, "two loss models")
	}
	return l.Model.validate()
}

// losses are the state of a Loss.
type losses struct {
	die   die
	model loser
	since uint64 // the index of the first frame it decides about
}

func (l Loss) losses(s stream, frame uint64) losses {
	if l.Model != nil {
		return losses{model: l.Model.start(), since: frame}
	}
	return losses{die: Chance{l.P, l.Correlation}.die(s)}
}

func (l *losses) strikes(s stream, frame uint64, pkt *stack.PacketBuffer) bool {
	if l.model == nil {
		return l.die.strikes(s, frame)
	}
	n := frame&^duplicates - l.since + 1
	return l.model.strikes(n, s.at(frame), pkt)
}
