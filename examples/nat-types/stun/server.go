package stun

import (
	"context"
	"net"
	"net/netip"

	"drydock/sim"

	"github.com/pion/stun/v3"
)

// A server answers binding requests at two addresses with two ports each.
type server struct {
	conns [2][2]net.PacketConn // by address, by port
	at    [2][2]netip.AddrPort
}

// listen starts a server. It ends when the machine is closed.
func listen(ctx context.Context, m *sim.Machine, addrs [2]netip.Addr, ports [2]uint16) (*server, error) {
	s := new(server)
	for i, addr := range addrs {
		for j, port := range ports {
			s.at[i][j] = netip.AddrPortFrom(addr, port)
			var err error
			if s.conns[i][j], err = m.ListenPacket(ctx, "udp", s.at[i][j].String()); err != nil {
				return nil, err
			}
		}
	}
	for i := range s.conns {
		for j := range s.conns[i] {
			go s.serve(i, j)
		}
	}
	return s, nil
}

// What a CHANGE-REQUEST asks for (RFC 5780, 7.2).
const changeAddr, changePort = 4, 2

// serve answers what comes to one of the four, from the one that is asked for.
func (s *server) serve(i, j int) {
	b := make([]byte, 1500)
	for {
		n, from, err := s.conns[i][j].ReadFrom(b)
		if err != nil {
			return
		}
		m := &stun.Message{Raw: append([]byte(nil), b[:n]...)}
		if m.Decode() != nil || m.Type != stun.BindingRequest {
			continue
		}
		x, y := i, j
		if change, err := m.Get(stun.AttrChangeRequest); err == nil && len(change) == 4 {
			x, y = i^int(change[3]&changeAddr)>>2, j^int(change[3]&changePort)>>1
		}
		peer, origin, other := netip.MustParseAddrPort(from.String()), s.at[x][y], s.at[1-i][1-j]
		answer, err := stun.Build(m, stun.BindingSuccess,
			&stun.XORMappedAddress{IP: peer.Addr().AsSlice(), Port: int(peer.Port())},
			&stun.ResponseOrigin{IP: origin.Addr().AsSlice(), Port: int(origin.Port())},
			&stun.OtherAddress{IP: other.Addr().AsSlice(), Port: int(other.Port())})
		if err == nil {
			s.conns[x][y].WriteTo(answer.Raw, from)
		}
	}
}
