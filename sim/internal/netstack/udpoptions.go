package netstack

import "gvisor.dev/gvisor/pkg/tcpip"

// setOptions sets the options of a new socket.
func (c *UDPConn) setOptions() {
	c.ep.SocketOptions().SetBroadcast(true) // as package net
	// By default netstack forbids to fragment datagrams on the way, even those that
	// it fragments itself, and learns nothing from the routers that then drop them.
	// The only error there is would be for a strategy it does not know.
	_ = c.ep.SetSockOptInt(tcpip.MTUDiscoverOption, int(tcpip.PMTUDiscoveryDont))
}
