package nat

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
)

// patch brings the Internet checksum in field in line with the replacement of old by
// now, which are of the same, even length (RFC 1624, equation 3).
func patch(field, old, now []byte) {
	sum := uint32(^binary.BigEndian.Uint16(field))
	for i := 0; i+1 < len(old); i += 2 {
		sum += uint32(^binary.BigEndian.Uint16(old[i:])) + uint32(binary.BigEndian.Uint16(now[i:]))
	}
	sum = sum>>16 + sum&0xffff
	sum += sum >> 16
	binary.BigEndian.PutUint16(field, ^uint16(sum))
}

// patchUDP is patch of a checksum that may be absent, which zero says, and must not
// become so.
func patchUDP(field, oldAddr, addr, oldPort, port []byte) {
	if field[0] == 0 && field[1] == 0 {
		return
	}
	patch(field, oldAddr, addr)
	patch(field, oldPort, port)
	if field[0] == 0 && field[1] == 0 {
		field[0], field[1] = 0xff, 0xff
	}
}

// patchPartial is patch of a sum that is not yet complemented.
func patchPartial(field, old, now []byte) {
	field[0], field[1] = ^field[0], ^field[1]
	patch(field, old, now)
	field[0], field[1] = ^field[0], ^field[1]
}

// pseudoSum returns the sum of the pseudo header of a packet with size bytes behind the
// IP headers (RFC 9293, section 3.1; RFC 8200, section 8.1).
func (p *packet) pseudoSum(size int) uint16 {
	sum := checksum.Checksum(p.addrField(source), uint16(p.proto))
	sum = checksum.Checksum(p.addrField(destination), sum)
	return checksum.Combine(sum, uint16(size))
}

// sum returns the sum of size bytes of the packet from the transport header on, and
// initial.
func (p *packet) sum(size int, initial uint16) uint16 {
	var sum checksum.Checksumer
	views, skip := p.pkt.AsViewList()
	skip += p.l4At
	for v := views.Front(); v != nil && size > 0; v = v.Next() {
		b := v.AsSlice()
		if skip >= len(b) {
			skip -= len(b)
			continue
		}
		b = b[skip:]
		b = b[:min(len(b), size)]
		sum.Add(b)
		skip, size = 0, size-len(b)
	}
	return checksum.Combine(sum.Checksum(), initial)
}
