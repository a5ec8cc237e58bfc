package stun

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"drydock/nat"
	"drydock/sim"

	"github.com/pion/stun/v3"
)

// A behaviour is what the client finds out.
type behaviour struct {
	mapping, filtering nat.Dependence
	preserves          bool // the port
	hairpin            bool
}

// A client asks the server from one machine.
type client struct {
	m      *sim.Machine
	server netip.AddrPort
}

// patience is how long the client waits for an answer: a second of virtual time costs nothing.
const patience = 3 * time.Second

var errNoAnswer = errors.New("no answer")

// discover does the tests of RFC 5780, 4.3 and 4.4, each from ports of its own, since an earlier
// test would have opened the filter.
func (c *client) discover(ctx context.Context) (b behaviour, err error) {
	if b.mapping, b.preserves, err = c.mapping(ctx); err != nil {
		return b, err
	}
	if b.filtering, err = c.filtering(ctx); err != nil {
		return b, err
	}
	b.hairpin, err = c.hairpin(ctx)
	return b, err
}

// An answer is what the server says.
type answer struct{ mapped, origin, other netip.AddrPort }

// ask sends a request, and waits for its answer.
func ask(conn net.PacketConn, to netip.AddrPort, change byte) (a answer, err error) {
	setters := []stun.Setter{stun.TransactionID, stun.BindingRequest}
	if change != 0 {
		setters = append(setters, stun.RawAttribute{Type: stun.AttrChangeRequest, Value: []byte{0, 0, 0, change}})
	}
	request, err := stun.Build(setters...)
	if err != nil {
		return a, err
	}
	if _, err := conn.WriteTo(request.Raw, net.UDPAddrFromAddrPort(to)); err != nil {
		return a, err
	}
	conn.SetReadDeadline(time.Now().Add(patience))
	for {
		b := make([]byte, 1500)
		n, _, err := conn.ReadFrom(b)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return a, errNoAnswer
		} else if err != nil {
			return a, err
		}
		m := &stun.Message{Raw: b[:n]}
		if m.Decode() != nil || m.TransactionID != request.TransactionID || m.Type != stun.BindingSuccess {
			continue
		}
		var mapped stun.XORMappedAddress
		var origin stun.ResponseOrigin
		var other stun.OtherAddress
		err = errors.Join(mapped.GetFrom(m), origin.GetFrom(m), other.GetFrom(m))
		a.mapped, a.origin, a.other = addrPort(mapped.IP, mapped.Port), addrPort(origin.IP, origin.Port), addrPort(other.IP, other.Port)
		return a, err
	}
}

func addrPort(ip net.IP, port int) netip.AddrPort {
	addr, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(addr.Unmap(), uint16(port))
}

// mapping compares how the three endpoints of the server see one socket.
func (c *client) mapping(ctx context.Context) (d nat.Dependence, preserves bool, err error) {
	conn, err := c.m.ListenPacket(ctx, "udp", ":0")
	if err != nil {
		return 0, false, err
	}
	defer conn.Close()
	first, err := ask(conn, c.server, 0)
	if err != nil {
		return 0, false, err
	}
	preserves = first.mapped.Port() == netip.MustParseAddrPort(conn.LocalAddr().String()).Port()
	second, err := ask(conn, netip.AddrPortFrom(first.other.Addr(), c.server.Port()), 0)
	if err != nil || second.mapped == first.mapped {
		return nat.EndpointIndependent, preserves, err
	}
	third, err := ask(conn, first.other, 0)
	if err != nil || third.mapped == second.mapped {
		return nat.AddressDependent, preserves, err
	}
	return nat.AddressAndPortDependent, preserves, nil
}

// filtering asks for answers from where nothing was sent to.
func (c *client) filtering(ctx context.Context) (nat.Dependence, error) {
	conn, err := c.m.ListenPacket(ctx, "udp", ":0")
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if _, err := ask(conn, c.server, 0); err != nil {
		return 0, err
	}
	for d, change := range []byte{changeAddr | changePort, changePort} {
		a, err := ask(conn, c.server, change)
		switch {
		case err == nil && a.origin == c.server:
			return 0, errors.New("the server has not changed its address")
		case !errors.Is(err, errNoAnswer):
			return nat.Dependence(d), err
		}
	}
	return nat.AddressAndPortDependent, nil
}

// hairpin sends from one socket to where the server has seen the other one, which has sent to where
// the first one is seen, so that no filter keeps them apart.
func (c *client) hairpin(ctx context.Context) (bool, error) {
	var conns [2]net.PacketConn
	var mapped [2]netip.AddrPort
	for i := range conns {
		conn, err := c.m.ListenPacket(ctx, "udp", ":0")
		if err != nil {
			return false, err
		}
		defer conn.Close()
		a, err := ask(conn, c.server, 0)
		if err != nil {
			return false, err
		}
		conns[i], mapped[i] = conn, a.mapped
	}
	for range 2 { // the first packet of the first socket may come too early for the other one's filter
		for i, conn := range conns {
			if _, err := conn.WriteTo([]byte("hairpin"), net.UDPAddrFromAddrPort(mapped[1-i])); err != nil {
				return false, err
			}
		}
	}
	conns[0].SetReadDeadline(time.Now().Add(patience))
	_, from, err := conns[0].ReadFrom(make([]byte, 10))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return false, nil
	case err == nil && netip.MustParseAddrPort(from.String()).Addr() != mapped[1].Addr():
		return false, errors.New("a hairpin shows an internal address")
	}
	return err == nil, err
}
