package veth

import (
	"fmt"
	"slices"
	"strings"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// LoseFrames returns the model that loses the frames with these numbers. The first wire frame
// after it was set has number 1. It is for tests that need the third packet lost; what is
// lost does not depend on a seed.
func LoseFrames(numbers ...uint64) LossModel {
	numbers = slices.Clone(numbers)
	return &chosen{
		name:   "loss frames " + strings.Trim(fmt.Sprint(numbers), "[]"),
		frames: numbers,
		lose:   func(n uint64, _ *stack.PacketBuffer) bool { return slices.Contains(numbers, n) },
	}
}

// LoseIf returns the model that loses the frames for which lose is true. n counts wire frames
// from 1 since it was set; frame is a copy with its Ethernet header. lose is called by one
// goroutine at a time, with locks of the cable held: it must be quick and call nothing of it.
// Nil is refused where the model is set.
func LoseIf(lose func(n uint64, frame []byte) bool) LossModel {
	if lose == nil {
		return &chosen{name: "loss function"} // which Validate refuses
	}
	return &chosen{
		name: "loss function",
		lose: func(n uint64, pkt *stack.PacketBuffer) bool { return lose(n, packet.Bytes(pkt)) },
	}
}

// A chosen compares by its address, as functions do not.
type chosen struct {
	name   string
	frames []uint64 // of LoseFrames
	lose   func(n uint64, pkt *stack.PacketBuffer) bool
}

func (c *chosen) validate() error {
	if c.lose == nil {
		return invalid("Loss.Model", c.name, "nil function")
	}
	return nil
}

func (c *chosen) text(precision) string { return c.name }
func (c *chosen) start() loser          { return c }

func (c *chosen) strikes(frame, _ uint64, pkt *stack.PacketBuffer) bool { return c.lose(frame, pkt) }
