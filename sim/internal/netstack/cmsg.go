package netstack

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"syscall"
)

// A ControlMessage is what travels beside a datagram: that of golang.org/x/net's ipv4 and
// ipv6, for both families. Zero fields are not given.
type ControlMessage struct {
	TTL     int        // time to live or hop limit
	Src     netip.Addr // of what is sent: the address to send from
	Dst     netip.Addr // of what was received: the address that it was sent to
	IfIndex int        // the interface of arrival, or to send by
}

// Levels and types of control messages, and the flags of recvmsg, are Linux's wherever the
// program runs: those of the machine belong to its own sockets.
const (
	levelIP, levelIPv6 = 0, 41
	ipTTL, ipPktinfo   = 2, 8
	ipv6Pktinfo        = 50
	ipv6HopLimit       = 52

	msgCtrunc, msgTrunc = 0x8, 0x20
)

// A control message has its length in a word, level and type in 32 bits each, and is padded
// to whole words.
const (
	wordSize   = strconv.IntSize / 8
	headerSize = wordSize + 8
)

func padded(n int) int { return (n + wordSize - 1) &^ (wordSize - 1) }

// appendMessage appends one control message.
func appendMessage(b []byte, level, kind uint32, data ...byte) []byte {
	if wordSize == 8 {
		b = binary.NativeEndian.AppendUint64(b, uint64(headerSize+len(data)))
	} else {
		b = binary.NativeEndian.AppendUint32(b, uint32(headerSize+len(data)))
	}
	b = binary.NativeEndian.AppendUint32(b, level)
	b = binary.NativeEndian.AppendUint32(b, kind)
	b = append(b, data...)
	return append(b, make([]byte, padded(len(data))-len(data))...)
}

func word32(v int) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(v)) }

// Marshal returns the bytes that WriteMsgUDP takes, and ReadMsgUDP gives, in the layout of
// Linux. Of Src and Dst the one that is given decides the family, which an IPv4 address that
// is mapped into IPv6 is of; without one it is IPv4.
func (m ControlMessage) Marshal() []byte {
	a := m.Src
	if !a.IsValid() {
		a = m.Dst
	}
	var b []byte
	switch {
	case !a.Is6():
		if a.IsValid() || m.IfIndex != 0 {
			b = appendMessage(b, levelIP, ipPktinfo, append(word32(m.IfIndex), append(four(m.Src), four(m.Dst)...)...)...)
		}
		if m.TTL != 0 {
			b = appendMessage(b, levelIP, ipTTL, word32(m.TTL)...)
		}
	default:
		b = appendMessage(b, levelIPv6, ipv6Pktinfo, append(a.AsSlice(), word32(m.IfIndex)...)...)
		if m.TTL != 0 {
			b = appendMessage(b, levelIPv6, ipv6HopLimit, word32(m.TTL)...)
		}
	}
	return b
}

// four returns an IPv4 address, 0.0.0.0 if it is invalid.
func four(a netip.Addr) []byte {
	if !a.Is4() {
		return make([]byte, 4)
	}
	return a.AsSlice()
}

// ParseControlMessage reads the bytes that ReadMsgUDP gives. The address is Dst, as in what
// was received. The error is syscall.EINVAL, also for messages of other kinds.
func ParseControlMessage(b []byte) (m ControlMessage, err error) {
	for len(b) > 0 {
		level, kind, data, rest, ok := nextMessage(b)
		if !ok || !m.set(level, kind, data) {
			return ControlMessage{}, syscall.EINVAL
		}
		b = rest
	}
	return m, nil
}

// nextMessage cuts the first message off.
func nextMessage(b []byte) (level, kind uint32, data, rest []byte, ok bool) {
	if len(b) < headerSize {
		return 0, 0, nil, nil, false
	}
	size := uint64(binary.NativeEndian.Uint32(b))
	if wordSize == 8 {
		size = binary.NativeEndian.Uint64(b)
	}
	if size < headerSize || size > uint64(len(b)) {
		return 0, 0, nil, nil, false
	}
	level, kind = binary.NativeEndian.Uint32(b[wordSize:]), binary.NativeEndian.Uint32(b[wordSize+4:])
	return level, kind, b[headerSize:size], b[min(padded(int(size)), len(b)):], true
}

// set notes what one message says; false if it is none that is known.
func (m *ControlMessage) set(level, kind uint32, data []byte) bool {
	switch {
	case level == levelIP && kind == ipPktinfo && len(data) == 12:
		m.IfIndex = int(binary.NativeEndian.Uint32(data))
		m.Src, m.Dst = given(data[4:8]), given(data[8:12])
	case level == levelIPv6 && kind == ipv6Pktinfo && len(data) == 20:
		m.Dst, m.IfIndex = given(data[:16]), int(binary.NativeEndian.Uint32(data[16:]))
	case (level == levelIP && kind == ipTTL || level == levelIPv6 && kind == ipv6HopLimit) && len(data) == 4:
		m.TTL = int(int32(binary.NativeEndian.Uint32(data)))
	default:
		return false
	}
	return true
}

// given returns an address, the invalid Addr for a wildcard.
func given(b []byte) netip.Addr {
	if a, _ := netip.AddrFromSlice(b); !a.IsUnspecified() {
		return a
	}
	return netip.Addr{}
}
