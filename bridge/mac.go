package bridge

import (
	"encoding/binary"
	"fmt"
	"net"
)

// A MAC is a 48-bit Ethernet address. It is comparable and a valid map key; the
// zero MAC is no station's address.
type MAC [6]byte

// ParseMAC parses the usual notations: "02:42:ac:11:00:02", "02-42-ac-11-00-02",
// "0242.ac11.0002". The error wraps ErrMAC.
func ParseMAC(s string) (MAC, error) {
	hw, err := net.ParseMAC(s)
	if err != nil {
		return MAC{}, fmt.Errorf("%q: %w", s, ErrMAC)
	}
	m, ok := MACFromSlice(hw)
	if !ok {
		return MAC{}, fmt.Errorf("%q: %w", s, ErrMAC)
	}
	return m, nil
}

// MACFromSlice makes a MAC of the six bytes of b: a net.HardwareAddr, or a
// tcpip.LinkAddress converted to bytes. It is false if there are not six.
func MACFromSlice(b []byte) (MAC, bool) {
	if len(b) != len(MAC{}) {
		return MAC{}, false
	}
	return MAC(b), true
}

// String returns m as Linux prints it, "02:42:ac:11:00:02".
func (m MAC) String() string { return net.HardwareAddr(m[:]).String() }

// IsGroup reports whether m is a multicast address or the broadcast address.
func (m MAC) IsGroup() bool { return m[0]&1 != 0 }

// isStation reports whether m can be the address of a station.
func (m MAC) isStation() bool { return !m.IsGroup() && m != MAC{} }

func (m MAC) addr() addr { return dstAddr(append(m[:], 0, 0)) }

// An addr is a MAC as the data path handles it: a number of 48 bits, which two
// instructions read from a frame.
type addr uint64

// dstAddr reads the destination address of an Ethernet header.
func dstAddr(eth []byte) addr { return addr(binary.BigEndian.Uint64(eth) >> 16) }

// srcAddr reads the source address of an Ethernet header.
func srcAddr(eth []byte) addr { return addr(binary.BigEndian.Uint64(eth[4:]) & (1<<48 - 1)) }

func (a addr) isGroup() bool { return a&(1<<40) != 0 }

// isStation reports whether a can be the source of a frame.
func (a addr) isStation() bool { return !a.isGroup() && a != 0 }

// isLinkLocal reports whether a is one of 01:80:c2:00:00:00 to :0f, which IEEE
// 802.1Q (clause 8.6.3) keeps from being forwarded.
func (a addr) isLinkLocal() bool { return a>>4 == 0x0180c2000000>>4 }

func (a addr) mac() MAC {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(a)<<16)
	return MAC(b[:6])
}
