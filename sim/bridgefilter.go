package sim

import (
	"encoding/binary"
	"math"
	"sync/atomic"

	"drydock/internal/packet"
	"drydock/nat"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// The keys of the settings of a bridgeFilter.
const (
	bridgeCall  = "net.bridge.bridge-nf-call-iptables"
	bridgeCall6 = "net.bridge.bridge-nf-call-ip6tables"
)

// A bridgeFilter is br_netfilter: what the bridges of a host carry passes its firewall, unless
// that is switched off for IPv4 or IPv6.
type bridgeFilter struct {
	tables    *nat.Tables
	off, off6 atomic.Bool
}

// passes reports whether an IP packet does not pass the firewall.
func (f *bridgeFilter) passes(b []byte) bool {
	if b[0]>>4 == header.IPv6Version {
		return f.off6.Load()
	}
	return f.off.Load()
}

// FilterBridged implements bridge.Filter.
func (f *bridgeFilter) FilterBridged(bridge, in, out string, pkt *stack.PacketBuffer) *stack.PacketBuffer {
	off, off6 := f.off.Load(), f.off6.Load()
	if off != off6 { // few ask of what family a frame is
		var kind [2]byte
		packet.Copy(kind[:], pkt, header.EthernetMinimumSize-len(kind))
		if tcpip.NetworkProtocolNumber(binary.BigEndian.Uint16(kind[:])) == header.IPv6ProtocolNumber {
			off = off6
		}
	}
	if off {
		return pkt
	}
	return f.tables.FilterBridged(bridge, in, out, pkt)
}

func bridged4(f *bridgeFilter) *atomic.Bool { return &f.off }
func bridged6(f *bridgeFilter) *atomic.Bool { return &f.off6 }

// getBridged is whether what passes a bridge passes the firewall. Without bridges there is no
// such setting.
func getBridged(off func(*bridgeFilter) *atomic.Bool) func(*settings, string) string {
	return func(s *settings, _ string) string {
		if s.space.filter == nil {
			return ""
		}
		return flag(!off(s.space.filter).Load())
	}
}

// setBridged takes any number, as Linux does, which stands for 1 unless it is 0.
func setBridged(off func(*bridgeFilter) *atomic.Bool) func(*settings, settingKey, string) error {
	return func(s *settings, k settingKey, value string) error {
		v, err := number(k, value, math.MinInt32, math.MaxInt32)
		if err == nil {
			off(s.space.filter).Store(v == 0)
		}
		return err
	}
}

// filterBridged switches the firewall of bridges on where a network without communication
// between its containers relies on it. Like dockerd it does so only where packets are forwarded.
func (n *Network) filterBridged() error {
	d, s := n.host.dockerd(), n.host.own.settings
	if !n.host.engine.FiltersBridged(n.forEngine()) {
		return nil
	}
	for _, f := range n.config().families() {
		forward, call, off := ipForward, bridgeCall, d.noIPTables
		if f.subnet.Addr().Is6() {
			forward, call, off = ipForward6, bridgeCall6, d.noIP6Tables
		}
		if off {
			continue
		}
		if v, err := s.get(forward); err != nil || v == "0" {
			continue
		}
		if err := s.set(call, "1"); err != nil {
			return err
		}
	}
	return nil
}
