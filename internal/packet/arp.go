package packet

import (
	"fmt"
	"net"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// ARPText returns "ARP who has 172.17.0.2?" and "ARP 172.17.0.2 is at 02:42:ac:11:00:02". The packet is
// as long as one of ARP.
func ARPText(a header.ARP) string {
	switch a.Op() {
	case header.ARPRequest:
		return fmt.Sprintf("ARP who has %v?", netip.AddrFrom4([4]byte(a.ProtocolAddressTarget())))
	case header.ARPReply:
		return fmt.Sprintf("ARP %v is at %v", netip.AddrFrom4([4]byte(a.ProtocolAddressSender())), net.HardwareAddr(a.HardwareAddressSender()))
	}
	return fmt.Sprint("ARP operation ", a.Op())
}
