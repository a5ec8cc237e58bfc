package sim

import (
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// reroute makes the host receive a frame that a bridge must not carry, since its
// destination is translated.
func (h *Host) reroute(device string, pkt *stack.PacketBuffer) {
	n := h.networkOf(device)
	if n != nil { // else just removed
		n.bridge.PassUp(pkt)
	}
}

// networkOf returns the network with that bridge, nil if there is none.
func (h *Host) networkOf(device string) *Network {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.networks {
		if n.device == device {
			return n
		}
	}
	return nil
}
