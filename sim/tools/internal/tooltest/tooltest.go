// Package tooltest has the machines that recordings of ip and ifconfig show.
package tooltest

import (
	"context"
	"net"
	"net/netip"
	"time"

	"drydock/sim"
	"drydock/sim/tools/command"
)

// A Still is a machine that only shows its interfaces, routes, neighbours and sockets.
type Still struct {
	command.Machine
	Ifs   []sim.Interface
	Rts   []sim.Route
	Ngs   []sim.Neighbour
	Socks []sim.Socket
}

// LookupNetIP knows no names.
func (s *Still) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (s *Still) Neighbours() []sim.Neighbour { return s.Ngs }

// PathMTU knows none.
func (s *Still) PathMTU(netip.Addr) (mtu int, expires time.Duration) { return 0, 0 }
func (s *Still) Sockets() []sim.Socket                               { return s.Socks }

func (s *Still) Interfaces() []sim.Interface { return s.Ifs }
func (s *Still) Routes() []sim.Route         { return s.Rts }

// MAC parses a hardware address.
func MAC(s string) net.HardwareAddr {
	m, err := net.ParseMAC(s)
	if err != nil {
		panic(err)
	}
	return m
}

func prefixes(s ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range s {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}

// Container is the container of the recordings, where IPv6 was off.
func Container() *Still {
	return &Still{
		Ifs: []sim.Interface{
			{Index: 1, Name: "lo", MTU: 65536, Addrs: prefixes("127.0.0.1/8"), Up: true, Running: true, Loopback: true},
			{Index: 1785, Peer: 1786, Name: "eth0", MAC: MAC("02:42:ac:11:00:02"), MTU: 1500,
				Addrs: prefixes("172.17.0.2/16"), Up: true, Running: true, RxPackets: 3, RxBytes: 294},
		},
		Rts: []sim.Route{
			{Dst: netip.MustParsePrefix("172.17.0.0/16"), Dev: "eth0"},
			{Dst: netip.MustParsePrefix("127.0.0.0/8"), Dev: "lo"},
			{Dst: netip.MustParsePrefix("fe80::/64"), Dev: "eth0"},
			{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("172.17.0.1"), Dev: "eth0"},
		},
	}
}

// Host is the host of the recordings.
func Host() *Still {
	port := func(index int, name, mac6, addr string) sim.Interface {
		return sim.Interface{Index: index, Peer: index - 1, Name: name, Master: "docker0", MAC: MAC(mac6), MTU: 1500,
			Addrs: prefixes(addr), Up: true, Running: true}
	}
	return &Still{
		Ifs: []sim.Interface{
			{Index: 1, Name: "lo", MTU: 65536, Addrs: prefixes("127.0.0.1/8", "::1/128"), Up: true, Running: true, Loopback: true},
			{Index: 2, Peer: 3, Name: "ens33", MAC: MAC("00:0c:29:3a:5b:10"), MTU: 1500,
				Addrs: prefixes("172.16.80.10/24", "fe80::20c:29ff:fe3a:5b10/64"), Up: true, Running: true},
			{Index: 1784, Name: "docker0", MAC: MAC("02:42:6b:67:1f:ab"), MTU: 1500,
				Addrs: prefixes("172.17.0.1/16", "fe80::42:6bff:fe67:1fab/64"), Up: true, Running: true,
				TxPackets: 4, TxBytes: 400, TxDropped: 1},
			port(1786, "veth25e0e69", "1a:4f:4a:90:57:76", "fe80::184f:4aff:fe90:5776/64"),
			port(1788, "veth6bb2ebe", "ae:16:48:a7:65:59", "fe80::ac16:48ff:fea7:6559/64"),
			port(1790, "vethf707353", "82:3f:df:cf:8e:b1", "fe80::803f:dfff:fecf:8eb1/64"),
		},
		Rts: []sim.Route{
			{Dst: netip.MustParsePrefix("172.16.80.0/24"), Dev: "ens33"},
			{Dst: netip.MustParsePrefix("172.17.0.0/16"), Dev: "docker0"},
			{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("172.16.80.1"), Dev: "ens33"},
		},
	}
}
