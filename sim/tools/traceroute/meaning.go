package traceroute

import (
	"fmt"

	"drydock/sim/ping"
)

// meaning returns the mark for an ICMP error, and whether it ends the way.
func meaning(e *ping.ICMPError) (note string, final bool) {
	type kind struct {
		v6         bool
		kind, code uint8
	}
	switch (kind{e.From.Is6(), e.Type, e.Code}) {
	case kind{false, 11, 0}, kind{true, 3, 0}:
		return "", false
	case kind{false, 3, 3}, kind{true, 1, 4}:
		return "", true
	case kind{false, 3, 0}, kind{false, 3, 6}, kind{false, 3, 8}, kind{false, 3, 11}, kind{true, 1, 0}:
		return " !N", true
	case kind{false, 3, 1}, kind{false, 3, 7}, kind{false, 3, 12}, kind{true, 1, 2}, kind{true, 1, 3}:
		return " !H", true
	case kind{false, 3, 2}:
		return " !P", true
	case kind{false, 3, 4}, kind{true, 2, 0}:
		return fmt.Sprintf(" !F-%d", e.Info), true
	case kind{false, 3, 5}:
		return " !S", true
	case kind{false, 3, 9}, kind{false, 3, 10}, kind{false, 3, 13}, kind{true, 1, 1}:
		return " !X", true
	case kind{false, 3, 14}:
		return " !V", true
	case kind{false, 3, 15}:
		return " !C", true
	}
	if e.Type == map[bool]uint8{false: 3, true: 1}[e.From.Is6()] {
		return fmt.Sprintf(" !<%d>", e.Code), true
	}
	return fmt.Sprintf(" !<%d-%d>", e.Type, e.Code), true
}
