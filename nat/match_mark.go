package nat

import (
	"strconv"
)

// MarkMatch is -m mark --mark value/mask. The mark is stack.PacketBuffer's, 0 until the target
// Mark or who sends the packet sets it.
type MarkMatch struct {
	Value, Mask uint32
	Not         bool
}

// checked lets a value have bits outside of its mask, as Linux does: such a rule never
// matches.
func (m MarkMatch) checked(setting) (Match, error) { return m, nil }

func (m MarkMatch) String() string {
	return "-m mark " + notOption(m.Not) + "--mark " + withMask(m.Value, m.Mask)
}

// withMask returns value/mask in hexadecimal, without a mask of all ones.
func withMask(value, mask uint32) string {
	s := "0x" + strconv.FormatUint(uint64(value), 16)
	if mask != ^uint32(0) {
		s += "/0x" + strconv.FormatUint(uint64(mask), 16)
	}
	return s
}

// compile leaves the mark to match: rules behind a MARK in the same chain must see the new
// one, and the digest is made before.
func (m MarkMatch) compile(*asking) matcher { return m }

func (m MarkMatch) match(p *packet) bool { return (p.pkt.Mark&m.Mask == m.Value) != m.Not }
