package bind9

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"drydock/dnsd"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"

	"github.com/miekg/dns"
)

// errNobody is that no server replied.
var errNobody = errors.New("no servers could be reached")

// A server is one that is asked.
type server struct {
	addr netip.Addr
	name string // as the user gave it
}

// A resolver asks servers as dighost.c does, which the three programs share.
type resolver struct {
	*command.Call
	ctx     context.Context
	conf    dnsd.ResolvConf
	servers []server
	port    int
	timeout time.Duration
	tries   int
	tcp     bool
	ignore  bool // truncation
	family  int  // 4, 6 or 0

	comments bool // on what happens are printed

	// nextServer has a server that says SERVFAIL be followed by the next one. told is
	// called for it.
	nextServer bool
	told       func(s server, last bool)

	setup bool // the last server was not even sent a query, and it was told that there is none
}

// A reply is one with what is told of it.
type reply struct {
	msg    *dns.Msg
	size   int
	server server
	tcp    bool
	took   time.Duration
	asked  dns.Question
}

// newResolver returns one for the servers of resolv.conf, or for this machine if it names
// none.
func newResolver(ctx context.Context, c *command.Call, tries int) *resolver {
	text, _ := c.ReadFile("/etc/resolv.conf")
	return &resolver{
		Call: c, ctx: ctx, conf: dnsd.ParseResolvConf(string(text)), port: 53, timeout: 5 * time.Second, tries: tries,
		told: func(server, bool) {},
	}
}

// refuses reports whether BIND does not read resolv.conf, which it says: a mask of sortlist is an
// address there, and not a number of bits.
func (r *resolver) refuses() bool {
	text, _ := r.ReadFile("/etc/resolv.conf")
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != "sortlist" {
			continue
		}
		for _, word := range fields[1:] {
			addr, mask, masked := strings.Cut(word, "/")
			a, err := netip.ParseAddr(addr)
			m, bad := netip.ParseAddr(mask)
			if err != nil || masked && (bad != nil || a.Is4() != m.Is4()) {
				r.Errorf("%s: parse of /etc/resolv.conf failed\n", r.Args[0])
				return true
			}
		}
	}
	return false
}

// known returns the servers to ask: those that were asked for, else those of resolv.conf.
func (r *resolver) known() (list []server) {
	list = r.servers
	if len(list) == 0 {
		for _, a := range r.conf.Nameservers {
			list = append(list, server{a, a.String()})
		}
	}
	fits := func(s server) bool {
		return r.family == 0 || r.family == 4 && s.addr.Is4() || r.family == 6 && s.addr.Is6()
	}
	list = slices.DeleteFunc(slices.Clone(list), func(s server) bool { return !fits(s) })
	if len(list) == 0 {
		for _, a := range []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()} {
			if s := (server{a, a.String()}); fits(s) {
				list = append(list, s)
			}
		}
	}
	return list
}

// candidates returns the names that one may stand for. Unlike the C library BIND does not
// complete one that has dots enough.
func candidates(conf dnsd.ResolvConf, name string) []string {
	names := conf.Candidates(name)
	if len(names) > 0 && names[0] == dns.Fqdn(name) {
		return names[:1]
	}
	return names
}

// addServer has a server be asked that the user names.
func (r *resolver) addServer(name string) error {
	addrs, err := inet.GetAddrInfo(r.ctx, r.Machine, "ip", name)
	if err != nil {
		return errors.New("couldn't get address for '" + name + "': not found")
	}
	for _, a := range addrs {
		r.servers = append(r.servers, server{a, name})
	}
	return nil
}

// ask sends a query to one server after the other, the first as often as tries says. It
// prints what goes wrong. name is how the user wrote the question.
func (r *resolver) ask(m *dns.Msg, name string) (*reply, error) {
	servers, tries := r.known(), r.tries
	for i, s := range servers {
		last := i == len(servers)-1
		for ; ; tries-- {
			got, err := r.exchange(m, s, r.tcp)
			if err == nil && got.msg.Rcode == dns.RcodeServerFailure && r.nextServer {
				if r.told(s, last); !last {
					break
				}
			}
			if err == nil || r.ctx.Err() != nil {
				return got, err
			}
			r.failed(err, s, name, last)
			if tries <= 1 {
				break
			}
		}
	}
	return nil, errNobody
}

// A setupError is that a query was not even sent.
type setupError struct{ error }

func (e setupError) Unwrap() error { return e.error }

// failed prints why a server did not reply. Without a connection, and without another
// server, dig says at once that there is none.
func (r *resolver) failed(err error, s server, name string, last bool) {
	if _, ok := err.(setupError); !ok {
		r.Printf(";; communications error to %s#%d: %s\n", s.addr, r.port, result(err))
		return
	}
	what := "UDP setup with"
	if r.tcp {
		what = "Connection to"
	}
	r.Printf(";; %s %s#%d(%s) for %s failed: %s.\n", what, s.addr, r.port, s.name, name, result(err))
	if last {
		r.setup = true
		r.Printf(";; %v\n", errNobody)
	}
}

// result returns what isc_result_totext has for an error.
func result(err error) string {
	errno, _ := inet.Errno(err)
	switch {
	case errno == syscall.ECONNREFUSED:
		return "connection refused"
	case errno == syscall.ENETUNREACH:
		return "network unreachable"
	case errno == syscall.EHOSTUNREACH:
		return "host unreachable"
	case errno == syscall.ECONNRESET:
		return "connection reset"
	case errors.Is(err, io.EOF):
		return "end of file"
	case errors.Is(err, context.DeadlineExceeded), errno == syscall.ETIMEDOUT:
		return "timed out"
	}
	return "failure"
}

// exchange sends a query to a server, and again by TCP if the reply is truncated.
func (r *resolver) exchange(m *dns.Msg, s server, tcp bool) (*reply, error) {
	ctx, cancel := context.WithTimeout(r.ctx, r.timeout)
	defer cancel()
	start := time.Now()
	network := "udp"
	if tcp {
		network = "tcp"
	}
	conn, err := r.Machine.DialContext(ctx, network, netip.AddrPortFrom(s.addr, uint16(r.port)).String())
	if err != nil {
		return nil, setupError{err}
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	got, err := roundTrip(conn, m, tcp)
	if err != nil {
		if tcp {
			err = setupError{err}
		}
		return nil, err
	}
	if got.msg.Truncated && !tcp && !r.ignore {
		if r.comments {
			r.Printf(";; Truncated, retrying in TCP mode.\n")
		}
		return r.exchange(m, s, true)
	}
	got.server, got.tcp, got.took, got.asked = s, tcp, time.Since(start), m.Question[0]
	return got, nil
}

// roundTrip sends a query and waits for its reply. Others that come are not looked at.
// That the server is not there dig learns by UDP only if its machine says so.
func roundTrip(conn net.Conn, m *dns.Msg, tcp bool) (*reply, error) {
	b, err := m.Pack()
	if err != nil {
		return nil, err
	}
	if tcp {
		b = append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
	}
	if _, err := conn.Write(b); err != nil {
		return nil, err
	}
	buffer := make([]byte, dns.MaxMsgSize)
	for {
		n, err := readMessage(conn, buffer, tcp)
		if errors.Is(err, syscall.EHOSTUNREACH) && !tcp {
			continue
		}
		if err != nil {
			return nil, err
		}
		got := new(dns.Msg)
		if err := got.Unpack(buffer[:n]); err == nil && got.Id == m.Id && got.Response {
			return &reply{msg: got, size: n}, nil
		}
	}
}

func readMessage(conn net.Conn, b []byte, tcp bool) (int, error) {
	if !tcp {
		return conn.Read(b)
	}
	if _, err := io.ReadFull(conn, b[:2]); err != nil {
		return 0, err
	}
	n := int(binary.BigEndian.Uint16(b))
	return io.ReadFull(conn, b[:n])
}
