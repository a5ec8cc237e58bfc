package recorded

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// zone is what the name server of the lab had. Besides it said refused and servfail to names that
// begin so, did not answer those that begin with slow, and had no name else.
var zone = []string{
	"www.example.test. 120 IN A 203.0.113.80",
	"www.example.test. 120 IN AAAA 2001:db8::80",
	"cname.example.test. 60 IN CNAME www.example.test.",
	"10.80.16.172.in-addr.arpa. 300 IN PTR docker.lan.test.",
	"multi.example.test. 30 IN A 203.0.113.1",
	"multi.example.test. 30 IN A 203.0.113.2",
	"multi.example.test. 30 IN A 203.0.113.3",
}

const rootSOA = ". 86400 IN SOA a.root-servers.net. nstld.verisign-grs.com. 2026112000 1800 900 604800 86400"

// A listener is a machine or a host.
type listener interface {
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
}

// A nameServer is that of the lab. It remembers who asked what.
type nameServer struct {
	mu   sync.Mutex
	log  []string
	zone []dns.RR
	soa  dns.RR
}

func newNameServer() *nameServer {
	s := &nameServer{soa: record(rootSOA)}
	for _, text := range zone {
		s.zone = append(s.zone, record(text))
	}
	return s
}

// serve has it listen on an address of a machine.
func (s *nameServer) serve(t *testing.T, m listener, addr string) {
	t.Helper()
	l, err := m.Listen(context.Background(), "tcp", addr+":53")
	require.NoError(t, err)
	p, err := m.ListenPacket(context.Background(), "udp", addr+":53")
	require.NoError(t, err)
	for _, server := range []*dns.Server{{Listener: l, Handler: s}, {PacketConn: p, Handler: s}} {
		ended := make(chan error)
		go func() { ended <- server.ActivateAndServe() }()
		t.Cleanup(func() {
			server.Shutdown()
			<-ended
		})
	}
}

func record(text string) dns.RR {
	rr, err := dns.NewRR(text)
	if err != nil {
		panic(err)
	}
	return rr
}

// ServeDNS answers a query as the recorded server did: without EDNS, names compressed.
func (s *nameServer) ServeDNS(w dns.ResponseWriter, r *dns.Msg) {
	s.remember(w, r)
	m := new(dns.Msg).SetReply(r)
	m.RecursionAvailable, m.RecursionDesired, m.Compress = true, true, true
	name := strings.ToLower(r.Question[0].Name)
	switch {
	case strings.HasPrefix(name, "slow"):
		return
	case strings.HasPrefix(name, "refused"):
		m.Rcode = dns.RcodeRefused
	case strings.HasPrefix(name, "servfail"):
		m.Rcode = dns.RcodeServerFailure
	default:
		if !s.find(m, name, r.Question[0].Qtype) {
			m.Rcode, m.Ns = dns.RcodeNameError, []dns.RR{s.soa}
		}
	}
	w.WriteMsg(m)
}

// find adds the records of a name and tells whether it exists.
func (s *nameServer) find(m *dns.Msg, name string, kind uint16) (exists bool) {
	for _, rr := range s.zone {
		if rr.Header().Name != name {
			continue
		}
		exists = true
		if c, ok := rr.(*dns.CNAME); ok && kind != dns.TypeCNAME {
			m.Answer = append(m.Answer, rr)
			s.find(m, c.Target, kind)
		} else if rr.Header().Rrtype == kind {
			m.Answer = append(m.Answer, rr)
		}
	}
	return exists
}

// remember writes a line as the recorded server did.
func (s *nameServer) remember(w dns.ResponseWriter, r *dns.Msg) {
	flags := 0
	for bit, set := range map[int]bool{1 << 8: r.RecursionDesired, 1 << 5: r.AuthenticatedData, 1 << 4: r.CheckingDisabled} {
		if set {
			flags |= bit
		}
	}
	q := r.Question[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, fmt.Sprintf("    %s %s from %s id=%d flags=%04x %s %s ar=%d len=%d", time.Now().UTC().Format(time.TimeOnly),
		w.LocalAddr().Network(), strings.Replace(w.RemoteAddr().String(), "[::ffff:", "[", 1), r.Id, flags, q.Name, dns.Type(q.Qtype), len(r.Extra), r.Len()))
}

// sinceMark returns the lines since the last call.
func (s *nameServer) sinceMark() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := s.log
	s.log = nil
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}
