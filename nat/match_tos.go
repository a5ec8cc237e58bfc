package nat

import "fmt"

// TOSMatch is -m tos: the type of service or traffic class under a mask.
type TOSMatch struct {
	Value, Mask uint8
	Not         bool
}

func (m TOSMatch) checked(setting) (Match, error) { return m, nil }

func (m TOSMatch) String() string {
	return fmt.Sprintf("-m tos %s--tos 0x%02x/0x%02x", notOption(m.Not), m.Value, m.Mask)
}

func (m TOSMatch) compile(*asking) matcher { return m }

func (m TOSMatch) match(p *packet) bool { return (p.tos()&m.Mask == m.Value) != m.Not }
