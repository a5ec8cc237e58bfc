package conntrack

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// rule says in words what the table of transitions says in letters.
func rule(d Dir, e tcpEvent, s TCPState) TCPState {
	is := func(states ...TCPState) bool {
		for _, x := range states {
			if s == x {
				return true
			}
		}
		return false
	}
	opening, open := is(SynSent, SynSent2), is(SynRecv, Established)
	switch {
	case e == eventNone:
		return stateInvalid
	case s == None:
		// Only the side that begins may: with a SYN, or with an ACK whose past is unknown.
		if d == Original && e == eventSYN {
			return SynSent
		}
		if d == Original && e == eventACK {
			return Established
		}
		return stateInvalid
	case e == eventRST:
		return Close
	case is(TimeWait, Close) && (e == eventFIN || e == eventACK):
		return s
	case e == eventFIN && opening:
		return stateInvalid // nobody closes what is not open
	case e == eventFIN && open:
		return FinWait
	case e == eventFIN:
		return LastAck
	case e == eventACK && opening && d == Reply:
		return stateIgnored // of a half-open connection
	case e == eventACK && opening:
		return stateInvalid
	case e == eventACK && s == SynRecv && d == Reply:
		return SynRecv
	case e == eventACK && open:
		return Established
	case e == eventACK && is(FinWait, CloseWait):
		return CloseWait
	case e == eventACK && s == LastAck:
		return TimeWait
	case e == eventSYN && d == Original && opening:
		return s
	case e == eventSYN && opening:
		return SynSent2
	case e == eventSYN && s == TimeWait, e == eventSYN && s == Close && d == Original:
		return SynSent
	case e == eventSYN && d == Original:
		return stateIgnored
	case e == eventSYN:
		return stateInvalid
	case e == eventSYNACK && d == Reply && opening:
		return SynRecv
	case e == eventSYNACK && d == Reply:
		return stateIgnored
	case e == eventSYNACK && is(SynSent2, SynRecv):
		return SynRecv // of a simultaneous open
	}
	return stateInvalid
}

func TestTransitions(t *testing.T) {
	t.Parallel()
	for d := range Reply + 1 {
		for e := range numEvents {
			for s := range numStates {
				assert.Equal(t, rule(d, e, s), transitions[d][e][s], "direction %d, event %d, %v", d, e, s)
			}
		}
	}
}

func TestTCPFlags(t *testing.T) {
	t.Parallel()
	valid := map[uint8]tcpEvent{
		flagSYN: eventSYN, flagSYN | flagURG: eventSYN, flagSYN | flagACK: eventSYNACK,
		flagFIN | flagACK: eventFIN, flagFIN | flagACK | flagURG: eventFIN,
		flagACK: eventACK, flagACK | flagURG: eventACK, flagRST: eventRST, flagRST | flagACK: eventRST,
	}
	for f := range 256 {
		got, ok := tcpEventOf(uint8(f))
		want, wantOK := valid[uint8(f)&0b00110111] // PSH, ECE and CWR are always valid
		assert.Equal(t, wantOK, ok, "%08b", f)
		if ok {
			assert.Equal(t, want, got, "%08b", f)
		}
	}
}
