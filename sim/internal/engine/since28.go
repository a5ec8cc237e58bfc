package engine

import (
	"fmt"
	"net/netip"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/linkenv"
	"drydock/sim/internal/ports"
)

// since28 is what Docker Engine 28 and 29 decide alike. A release embeds it and has methods of
// its own for the rest. What it does not say is as in 20.10.
type since28 struct{ docker20 }

// The flags and options of networks that came between 20.10 and 28.
var (
	flagsSince28   = []string{"allow-direct-routing", "ip-forward-no-drop", "ip6tables"}
	optionsSince28 = []string{dockerapi.OptionGatewayMode4, dockerapi.OptionGatewayMode6, dockerapi.OptionHostIPv4, dockerapi.OptionHostIPv6, dockerapi.OptionTrusted}
)

// PortsExclude is seen to before anybody listens.
func (since28) PortsExclude() bool { return true }

// ProxyFlags are that dockerd has opened the socket.
func (since28) ProxyFlags() []string { return []string{"-use-listen-fd"} }

// DaemonID is a UUID.
func (since28) DaemonID(key [32]byte) string {
	key[6], key[8] = key[6]&0xf|0x40, key[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", key[:4], key[4:6], key[6:8], key[8:10], key[10:16])
}

// TellsExitLast is true: the state is written before. Who waits for a stop is told at the same
// time, 4 ms earlier as recorded.
func (since28) TellsExitLast() bool { return true }

func (since28) DisconnectsTwice() bool { return false }

// ExecNotFound is a shell's.
func (since28) ExecNotFound() int { return 127 }

// Environment has the ports of links by protocol.
func (since28) Environment(v Environment) []string { return v.list(linkenv.Link.VarsSince28) }

func (since28) RepliesAsAsked() bool { return true }

func (since28) ForgetsDatagrams() bool { return true }

// Requests are for both families of a publication without an address. IPv6 addresses of the host
// lead to an IPv4 address of the container by the userland proxy alone. Of a family that is routed
// there is no port of the host, and no address: what was asked for is passed over.
func (since28) Requests(n Network, to Served, plan []ports.Publication) []ports.Request {
	has6 := to.V6 || to.Proxied && n.Daemon.UserlandProxy
	var published, routed []ports.Publication
	for _, p := range plan {
		for _, addr := range p.HostAddrs(n.Daemon.PublishAddr) {
			p.Addr = addr
			switch {
			case addr.Is4() && !to.V4, addr.Is6() && !has6:
			case addr.Is4() && n.V4.Mode == Routed:
				p.Addr = netip.IPv4Unspecified()
				routed = append(routed, p)
			case addr.Is6() && n.V6.Mode == Routed:
				p.Addr = netip.IPv6Unspecified()
				routed = append(routed, p)
			default:
				published = append(published, p)
			}
		}
	}
	return append(ports.Requests(published, false), ports.Requests(routed, true)...)
}
