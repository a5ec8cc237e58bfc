package packet

import (
	"encoding/binary"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A Translation gives one end of packets another address and port.
type Translation struct {
	Destination bool       // which end
	Addr        netip.Addr // of the family that packets have
	Port        uint16     // of ICMP, the id
	KeepPort    bool       // Port does not count

	// Partial says that the checksum is yet only the sum of the pseudo header, as for a
	// device that computes the rest.
	Partial bool
}

// Apply translates a packet with that IP header and that transport header, of which
// nothing need be at hand, and brings their checksums in line. A port beyond the end of l4
// stays as it is, and so does every port of other protocols than TCP, UDP and ICMP.
func (t *Translation) Apply(ip, l4 []byte, proto uint8) {
	old := addrField(ip, t.Destination)
	b := t.Addr.As16()
	now := b[16-len(old):]
	t.applyTransport(l4, proto, old, now)
	if len(old) == header.IPv4AddressSize {
		Patch(ip[10:12], old, now)
	}
	copy(old, now)
}

// applyTransport is Apply for the transport header; old becomes now.
func (t *Translation) applyTransport(l4 []byte, proto uint8, old, now []byte) {
	at, pseudo, ok := sumField(proto)
	if !ok {
		return
	}
	port := t.portField(l4, proto)
	var room [2]byte
	binary.BigEndian.PutUint16(room[:], t.Port)
	if len(l4) >= at+2 {
		sum := l4[at : at+2]
		switch {
		case t.Partial:
			sum[0], sum[1] = ^sum[0], ^sum[1]
			Patch(sum, old, now)
			sum[0], sum[1] = ^sum[0], ^sum[1]
		case isOptional(proto) && sum[0] == 0 && sum[1] == 0:
		default:
			if pseudo {
				Patch(sum, old, now)
			}
			Patch(sum, port, room[:])
			if isOptional(proto) && sum[0] == 0 && sum[1] == 0 {
				sum[0], sum[1] = 0xff, 0xff
			}
		}
	}
	copy(port, room[:])
}

// portField returns where the port that changes lies in l4, nil if none does.
func (t *Translation) portField(l4 []byte, proto uint8) []byte {
	at := 4
	switch proto {
	case TCP, UDP:
		if at = 0; t.Destination {
			at = 2
		}
	case UDPLite, DCCP:
		return nil
	}
	if t.KeepPort || len(l4) < at+2 {
		return nil
	}
	return l4[at : at+2]
}

// Patch brings the Internet checksum in field in line with the replacement of old by now,
// which are of the same, even length, from an even offset (RFC 1624, equation 3).
func Patch(field, old, now []byte) {
	sum := uint32(^binary.BigEndian.Uint16(field))
	for i := 0; i+1 < len(old); i += 2 {
		sum += uint32(^binary.BigEndian.Uint16(old[i:])) + uint32(binary.BigEndian.Uint16(now[i:]))
	}
	sum = sum>>16 + sum&0xffff
	sum += sum >> 16
	binary.BigEndian.PutUint16(field, ^uint16(sum))
}
