package nat

import "fmt"

// DSCPMatch is -m dscp: the six upper bits of the type of service or traffic class.
type DSCPMatch struct {
	Value uint8
	Not   bool
}

// maxDSCP is XT_DSCP_MAX.
const maxDSCP = 63

func (m DSCPMatch) checked(setting) (Match, error) {
	if m.Value > maxDSCP {
		return nil, ErrValue
	}
	return m, nil
}

func (m DSCPMatch) String() string {
	return fmt.Sprintf("-m dscp %s--dscp 0x%02x", notOption(m.Not), m.Value)
}

func (m DSCPMatch) compile(*asking) matcher { return m }

func (m DSCPMatch) match(p *packet) bool { return (p.tos()>>2 == m.Value) != m.Not }

// tos is the type of service or the traffic class.
func (p *packet) tos() uint8 {
	if p.v6 {
		return p.ip[0]<<4 | p.ip[1]>>4
	}
	return p.ip[1]
}

// setTOS is for headers that may be written.
func (p *packet) setTOS(tos uint8) {
	if p.v6 {
		p.ip[0], p.ip[1] = p.ip[0]&0xf0|tos>>4, p.ip[1]&0x0f|tos<<4
		return
	}
	p.setIPv4(1, tos)
}
