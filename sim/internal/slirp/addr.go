package slirp

import (
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
)

func toAddress(a netip.Addr) tcpip.Address { return tcpip.AddrFrom4(a.As4()) }

func fromAddress(a tcpip.Address) netip.Addr { return netip.AddrFrom4(a.As4()) }

func fullAddress(ap netip.AddrPort) tcpip.FullAddress {
	return tcpip.FullAddress{NIC: nicID, Addr: toAddress(ap.Addr()), Port: ap.Port()}
}
