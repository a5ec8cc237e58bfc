package router

import (
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// What the router complains of.
var (
	netUnreachable4  = packet.Error{Type: uint8(header.ICMPv4DstUnreachable), Code: uint8(header.ICMPv4NetUnreachable)}
	hostUnreachable4 = packet.Error{Type: uint8(header.ICMPv4DstUnreachable), Code: uint8(header.ICMPv4HostUnreachable)}
	fragNeeded4      = packet.Error{Type: uint8(header.ICMPv4DstUnreachable), Code: uint8(header.ICMPv4FragmentationNeeded)}
	timeExceeded4    = packet.Error{Type: uint8(header.ICMPv4TimeExceeded), Code: uint8(header.ICMPv4TTLExceeded)}

	noRoute6            = packet.Error{V6: true, Type: uint8(header.ICMPv6DstUnreachable), Code: uint8(header.ICMPv6NetworkUnreachable)}
	beyondScope6        = packet.Error{V6: true, Type: uint8(header.ICMPv6DstUnreachable), Code: uint8(header.ICMPv6BeyondScope)}
	addressUnreachable6 = packet.Error{V6: true, Type: uint8(header.ICMPv6DstUnreachable), Code: uint8(header.ICMPv6AddressUnreachable)}
	tooBig6             = packet.Error{V6: true, Type: uint8(header.ICMPv6PacketTooBig)}
	timeExceeded6       = packet.Error{V6: true, Type: uint8(header.ICMPv6TimeExceeded), Code: uint8(header.ICMPv6HopLimitExceeded)}
)
