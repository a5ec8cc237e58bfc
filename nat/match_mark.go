package nat

import (
	"strconv"
)

// MarkMatch is -m mark --mark value/mask.
type MarkMatch struct {
	Value, Mask uint32
	Not         bool
}

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

func (m MarkMatch) compile(*asking) matcher { return m }

func (m MarkMatch) match(p *packet) bool { return (p.pkt.Mark&m.Mask == m.Value) != m.Not }
