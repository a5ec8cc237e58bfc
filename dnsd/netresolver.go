package dnsd

import (
	"context"
	"net"
	"sync/atomic"
)

// NetResolver returns a net.Resolver that asks the nameservers of c, for code that
// insists on one. It is Go's own resolver, and everything but the way to the
// nameservers remains the machine's:
//
//   - The machine's hosts file comes first (if its nsswitch.conf, if any, does not
//     say otherwise), and a name in it is not looked up.
//   - Search list, ndots, timeout and number of attempts are those of the machine's
//     resolv.conf, or on Windows of its interfaces. Rooted names ("web.") are safe
//     from the first two.
//   - Each query goes to one nameserver for each that the machine has and each
//     attempt. One that does not answer is last in turn from then on, so that with
//     two attempts two of them are reached even if the machine has one.
//   - Of IPv4 and IPv6 addresses those come first that the machine has a way to.
//
// The files are read when they are needed, once for the whole process. Package net
// makes the channels that guard them at the first lookup of the process: if that is
// in a testing/synctest bubble, the first one outside of it ends the process with
// "send on synctest channel from outside bubble". A LookupHost of "localhost" before
// the first bubble prevents that. A lookup whose context is cancelled leaves its
// goroutine behind until the nameserver's time is over.
//
// Client.LookupNetIP has none of these limits.
func (c *Client) NetResolver() *net.Resolver {
	d := &turn{client: c}
	return &net.Resolver{PreferGo: true, Dial: d.dial}
}

// A turn is which nameserver is asked next.
type turn struct {
	client *Client
	first  atomic.Uint32 // counts on and on
}

// dial is the Dial of a net.Resolver, which gives the address of a nameserver of the
// machine. A nil connection without error would make it panic.
func (t *turn) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	servers := t.client.Conf.servers()
	first := t.first.Load()
	var failed error
	for i := range uint32(len(servers)) {
		conn, err := t.client.Dial(ctx, network, servers[(first+i)%uint32(len(servers))])
		if err != nil {
			failed = err
			continue
		}
		asked := &askedConn{Conn: conn, turn: t, place: first + i}
		if network == "udp" {
			return datagramConn{asked}, nil
		}
		return asked, nil
	}
	return nil, failed
}

// An askedConn sees whether a nameserver answers.
type askedConn struct {
	net.Conn
	turn     *turn
	place    uint32
	answered atomic.Bool
}

func (c *askedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == nil {
		c.answered.Store(true)
	}
	return n, err
}

// Close lets those after it ask somebody else, if there was no answer.
func (c *askedConn) Close() error {
	if !c.answered.Load() {
		c.turn.first.CompareAndSwap(c.place, c.place+1)
	}
	return c.Conn.Close()
}

// A datagramConn is a net.PacketConn, by which net.Resolver tells UDP from TCP.
type datagramConn struct{ *askedConn }

func (c datagramConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := c.Read(b)
	return n, c.RemoteAddr(), err
}

func (c datagramConn) WriteTo(b []byte, _ net.Addr) (int, error) { return c.Write(b) }
