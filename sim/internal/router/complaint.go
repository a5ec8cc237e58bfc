package router

import "gvisor.dev/gvisor/pkg/tcpip/header"

// A complaint is type and code of an ICMP error.
type complaint struct {
	kind, code uint8
	six        bool // of ICMPv6
}

var (
	netUnreachable4  = complaint{uint8(header.ICMPv4DstUnreachable), uint8(header.ICMPv4NetUnreachable), false}
	hostUnreachable4 = complaint{uint8(header.ICMPv4DstUnreachable), uint8(header.ICMPv4HostUnreachable), false}
	fragNeeded4      = complaint{uint8(header.ICMPv4DstUnreachable), uint8(header.ICMPv4FragmentationNeeded), false}
	timeExceeded4    = complaint{uint8(header.ICMPv4TimeExceeded), uint8(header.ICMPv4TTLExceeded), false}

	noRoute6            = complaint{uint8(header.ICMPv6DstUnreachable), uint8(header.ICMPv6NetworkUnreachable), true}
	beyondScope6        = complaint{uint8(header.ICMPv6DstUnreachable), uint8(header.ICMPv6BeyondScope), true}
	addressUnreachable6 = complaint{uint8(header.ICMPv6DstUnreachable), uint8(header.ICMPv6AddressUnreachable), true}
	tooBig6             = complaint{uint8(header.ICMPv6PacketTooBig), 0, true}
	timeExceeded6       = complaint{uint8(header.ICMPv6TimeExceeded), uint8(header.ICMPv6HopLimitExceeded), true}
)
