package nat

import (
	"fmt"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// MAC is -m mac --mac-source: the Ethernet address from which the packet came. In
// PREROUTING, INPUT and FORWARD. What came by no Ethernet does not match, inverted or not.
type MAC struct {
	Source [6]byte
	Not    bool
}

func (m MAC) checked(setting) (Match, error) { return m, nil }

func (MAC) hooks() hookSet { return atPrerouting | atInput | atForward }

func (m MAC) String() string { return "-m mac " + notOption(m.Not) + "--mac-source " + m.Text() }

// Text returns the address.
func (m MAC) Text() string {
	b := m.Source
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5])
}

func (m MAC) compile(*asking) matcher { return m }

func (m MAC) match(p *packet) bool {
	link := p.linkHeader()
	return len(link) >= header.EthernetMinimumSize && ([6]byte(link[6:12]) == m.Source) != m.Not
}
