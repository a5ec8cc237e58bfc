package tooltest

import (
	"context"
	"net"
	"strings"
	"testing"

	"drydock/sim"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// zone is what the name server of the recordings had. Besides it says refused and servfail
// to names that begin so, does not answer those that begin with slow, and takes part in EDNS
// for those that begin with edns.
var zone = []string{
	"www.example.test. 120 IN A 203.0.113.80",
	"www.example.test. 120 IN AAAA 2001:db8::80",
	"alias.example.test. 60 IN CNAME www.example.test.",
	"example.test. 300 IN MX 10 mail.example.test.",
	"example.test. 300 IN MX 20 mail2.example.test.",
	"example.test. 300 IN NS ns1.example.test.",
	`example.test. 300 IN TXT "v=spf1 -all" "x y"`,
	"example.test. 3600 IN SOA ns1.example.test. admin.example.test. 2026112000 1800 900 604800 86400",
	`example.test. 300 IN CAA 0 issue "ca"`,
	"_http._tcp.example.test. 5 IN SRV 0 5 80 www.example.test.",
	"80.113.0.203.in-addr.arpa. 600 IN PTR www.example.test.",
	`big.example.test. 5 IN TXT "` + strings.Join([]string{
		strings.Repeat("a", 250), strings.Repeat("b", 250), strings.Repeat("c", 250), strings.Repeat("d", 250), strings.Repeat("d", 250),
	}, `" "`) + `"`,
}

const rootSOA = ". 86400 IN SOA a.root-servers.net. nstld.verisign-grs.com. 2026112000 1800 900 604800 86400"

// ServeDNS serves the zone on a container until it stops.
func ServeDNS(t *testing.T, c *sim.Container) {
	t.Helper()
	ctx := context.Background()
	l, err := c.Listen(ctx, "tcp", ":53")
	require.NoError(t, err)
	p, err := c.ListenPacket(ctx, "udp", ":53")
	require.NoError(t, err)
	s := &dns.Server{Listener: l, Handler: dns.HandlerFunc(answer)}
	ended, datagramsEnded := make(chan error), make(chan struct{})
	go func() { ended <- s.ActivateAndServe() }()
	go func() {
		defer close(datagramsEnded)
		serveDatagrams(p)
	}()
	t.Cleanup(func() {
		s.Shutdown()
		p.Close()
		<-ended
		<-datagramsEnded
	})
}

// serveDatagrams answers one query after the other, so that programs see replies in the same order each
// time.
func serveDatagrams(p net.PacketConn) {
	b := make([]byte, dns.MaxMsgSize)
	for {
		n, from, err := p.ReadFrom(b)
		if err != nil {
			return
		}
		if r := new(dns.Msg); r.Unpack(b[:n]) == nil && len(r.Question) > 0 {
			answer(datagram{to: from, by: p}, r)
		}
	}
}

// A datagram is where a reply is written.
type datagram struct {
	dns.ResponseWriter
	to net.Addr
	by net.PacketConn
}

func (d datagram) LocalAddr() net.Addr { return d.by.LocalAddr() }

func (d datagram) RemoteAddr() net.Addr { return d.to }

func (d datagram) WriteMsg(m *dns.Msg) error {
	b, err := m.Pack()
	if err == nil {
		_, err = d.by.WriteTo(b, d.to)
	}
	return err
}

func record(text string) dns.RR {
	rr, err := dns.NewRR(text)
	if err != nil {
		panic(err)
	}
	return rr
}

func answer(w dns.ResponseWriter, r *dns.Msg) {
	m := new(dns.Msg).SetReply(r)
	m.RecursionAvailable = true
	q := r.Question[0]
	name := strings.ToLower(q.Name)
	edns := strings.HasPrefix(name, "edns")
	size := dns.MinMsgSize
	if o := r.IsEdns0(); o != nil {
		if size = int(o.UDPSize()); edns {
			m.SetEdns0(1232, false)
		}
	}
	switch {
	case strings.HasPrefix(name, "slow"):
		return
	case strings.HasPrefix(name, "refused"):
		m.Rcode = dns.RcodeRefused
	case strings.HasPrefix(name, "servfail"):
		m.Rcode = dns.RcodeServerFailure
	default:
		if !find(m, name, q.Qtype) && !edns {
			m.Rcode = dns.RcodeNameError
		}
		if len(m.Answer) == 0 {
			m.Ns = []dns.RR{record(rootSOA)}
		}
	}
	if w.LocalAddr().Network() == "udp" {
		m.Truncate(size)
	}
	w.WriteMsg(m)
}

// find adds the records of a name and tells whether it exists.
func find(m *dns.Msg, name string, kind uint16) (exists bool) {
	for _, text := range zone {
		rr := record(text)
		if rr.Header().Name != name {
			continue
		}
		exists = true
		if c, ok := rr.(*dns.CNAME); ok && kind != dns.TypeCNAME {
			m.Answer = append(m.Answer, rr)
			find(m, c.Target, kind)
		} else if t := rr.Header().Rrtype; t == kind || kind == dns.TypeANY {
			m.Answer = append(m.Answer, rr)
		}
	}
	return exists
}
