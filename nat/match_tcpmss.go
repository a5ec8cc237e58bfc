package nat

import (
	"encoding/binary"
	"fmt"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// TCPMSSMatch is -m tcpmss --mss: the maximum segment size that a segment has as an option,
// from Min to Max. One without does not match, unless Not is set.
type TCPMSSMatch struct {
	Min, Max uint16
	Not      bool
}

func (m TCPMSSMatch) checked(in setting) (Match, error) {
	switch {
	case in.proto != Protocol{Number: ianaTCP}:
		return nil, ErrProtocol
	case m.Min > m.Max:
		return nil, ErrValue
	}
	return m, nil
}

func (m TCPMSSMatch) String() string {
	return fmt.Sprintf("-m tcpmss %s--mss %s", notOption(m.Not), portsText(m.Min, m.Max, ":"))
}

func (m TCPMSSMatch) compile(*asking) matcher { return m }

// match is as Linux's for a segment without the option, where "!" does not count: only one
// with another size does.
func (m TCPMSSMatch) match(p *packet) bool {
	if !p.ports {
		return false
	}
	at := tcpOption(p.l4, header.TCPOptionMSS, header.TCPOptionMSSLength)
	if at < 0 {
		return m.Not
	}
	n := binary.BigEndian.Uint16(p.l4[at+2:])
	return (m.Min <= n && n <= m.Max) != m.Not
}

// tcpOption returns where an option of a segment begins, -1 if it is not there or of
// another size.
func tcpOption(segment []byte, kind uint8, size int) int {
	if len(segment) < header.TCPMinimumSize {
		return -1
	}
	end := min(int(segment[header.TCPDataOffset]>>4)*4, len(segment))
	for i := header.TCPMinimumSize; i < end; {
		switch {
		case segment[i] <= 1 || i+1 >= end || segment[i+1] == 0:
			i++
		case segment[i] == kind && int(segment[i+1]) == size && i+size <= end:
			return i
		default:
			i += int(segment[i+1])
		}
	}
	return -1
}
