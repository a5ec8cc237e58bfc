package slirp

import (
	"errors"
	"net"
	"slices"
	"syscall"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// An answer is what the emulated host is told about a packet that could not be
// forwarded.
type answer int

const (
	answerNone   answer = iota
	answerFailed        // nothing: the machine itself could not
	answerRefused
	answerNetUnreachable
	answerHostUnreachable
	answerProhibited // by a firewall of the machine
)

// answerTo returns what the network must have said for the machine to report err.
// A time-out is that nobody answered, so the host hears nothing either. What has no errno
// of a network's answer, too many open files for one, is the machine's own trouble.
func answerTo(err error) answer {
	is := func(targets []syscall.Errno) bool {
		var errno syscall.Errno
		return errors.As(err, &errno) && slices.Contains(targets, errno)
	}
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout(), is(timedOut):
		return answerNone
	case is(refused):
		return answerRefused
	case is(netUnreachable):
		return answerNetUnreachable
	case is(hostUnreachable):
		return answerHostUnreachable
	case is(prohibited):
		return answerProhibited
	}
	return answerFailed
}

// handleICMP takes ICMP messages that no socket asked for. Those for the gateway are
// netstack's to answer.
func (n *Net) handleICMP(id stack.TransportEndpointID, pkt *stack.PacketBuffer) bool {
	if header.ICMPv4(pkt.TransportHeader().Slice()).Type() != header.ICMPv4Echo {
		return false
	}
	return n.decline(id, pkt)
}

// decline answers a packet that is not forwarded. It is false if netstack is to do
// that, as the host that the packet is for.
func (n *Net) decline(id stack.TransportEndpointID, pkt *stack.PacketBuffer) bool {
	if packet.FromAddress(id.LocalAddress) == n.gateway.Addr() {
		return false
	}
	if packet.FromAddress(id.LocalAddress).IsGlobalUnicast() {
		n.unreachable(pkt, answerHostUnreachable)
	}
	return true
}

// unreachable sends an ICMP error about a packet: port unreachable from where the
// packet was to go, the others, host unreachable if nothing is known, from the gateway.
func (n *Net) unreachable(pkt *stack.PacketBuffer, a answer) {
	kind, asTarget := stack.RejectIPv4WithICMPType(stack.RejectIPv4WithICMPHostUnreachable), false
	switch a {
	case answerRefused:
		kind, asTarget = stack.RejectIPv4WithICMPPortUnreachable, true
	case answerNetUnreachable:
		kind = stack.RejectIPv4WithICMPNetUnreachable
	case answerProhibited:
		kind = stack.RejectIPv4WithICMPAdminProhibited
	}
	sender := n.stack.NetworkProtocolInstance(ipv4.ProtocolNumber).(stack.RejectIPv4WithHandler)
	if err := sender.SendRejectionError(pkt, kind, asTarget); err != nil {
		n.log.Debug("slirp: icmp: " + err.String())
	}
}

// quote returns the headers of a packet, for an ICMP error that may follow. The
// caller releases it.
func quote(pkt *stack.PacketBuffer) *stack.PacketBuffer {
	ip, transport := pkt.NetworkHeader().Slice(), pkt.TransportHeader().Slice()
	q := stack.NewPacketBuffer(stack.PacketBufferOptions{
		Payload: buffer.MakeWithData(slices.Concat(ip, transport)),
	})
	q.NetworkHeader().Consume(len(ip))
	q.TransportHeader().Consume(len(transport))
	q.NetworkProtocolNumber, q.NICID = pkt.NetworkProtocolNumber, pkt.NICID
	return q
}
