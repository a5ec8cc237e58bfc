package dnsd_test

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"drydock/dnsd"
)

// rcodes returns a nameserver that says nothing but an rcode.
func rcodes(rcode int) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		_ = w.WriteMsg(new(dns.Msg).SetRcode(q, rcode))
	})
}

func upstreams(list ...string) []netip.AddrPort {
	servers := make([]netip.AddrPort, len(list))
	for i, s := range list {
		servers[i] = netip.MustParseAddrPort(s)
	}
	return servers
}

// authority is a nameserver that knows that there is no such name.
var authority = dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg).SetRcode(q, dns.RcodeNameError)
	m.Authoritative = true
	_ = w.WriteMsg(m)
})

// broken is a nameserver whose replies break off within a record.
var broken = dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg).SetReply(q)
	m.Answer = []dns.RR{mustRR(q.Question[0].Name + " 5 IN A 192.0.2.1")}
	wire, err := m.Pack()
	if err == nil {
		_, _ = w.Write(wire[:len(wire)-1])
	}
})

// TestUpstreams has the ways through the list of upstreams, in virtual time.
func TestUpstreams(t *testing.T) {
	t.Parallel()
	const good, bad, fails, rejects, closed, dead = "10.0.0.1:53", "10.0.0.2:53", "10.0.0.3:53", "10.0.0.4:53", "10.0.0.5:53", "10.0.0.6:53"
	const knows, breaks, noRoute = "10.0.0.7:53", "10.0.0.8:53", "10.0.0.9:53"
	in := &internet{servers: map[string]dns.Handler{good: rcodes(dns.RcodeSuccess), bad: rcodes(dns.RcodeNameError),
		fails: rcodes(dns.RcodeServerFailure), rejects: rcodes(dns.RcodeRefused), closed: nil, knows: authority, breaks: broken}, unreachable: noRoute}
	const silence = -1
	for _, tt := range []struct {
		name    string
		servers []string
		want    int // rcode
		took    time.Duration
	}{
		{"none", nil, silence, 0},
		{"good", []string{good, bad}, dns.RcodeSuccess, 0},
		{"NXDOMAIN alone", []string{bad}, dns.RcodeNameError, 0},
		{"SERVFAIL alone", []string{fails}, dns.RcodeServerFailure, 0},
		{"REFUSED alone", []string{rejects}, dns.RcodeRefused, 0},
		{"NXDOMAIN moves on", []string{bad, good}, dns.RcodeSuccess, 0},
		{"SERVFAIL moves on", []string{fails, good}, dns.RcodeSuccess, 0},
		{"REFUSED moves on", []string{rejects, good}, dns.RcodeSuccess, 0},
		{"the last counts", []string{fails, rejects, bad}, dns.RcodeNameError, 0},
		{"closed alone", []string{closed}, silence, 0},
		{"closed moves on", []string{closed, good}, dns.RcodeSuccess, 0},
		{"NXDOMAIN with authority", []string{knows, good}, dns.RcodeNameError, 0},
		{"not the first with authority", []string{fails, knows, good}, dns.RcodeNameError, 0},
		{"no route alone", []string{noRoute}, silence, 0},
		{"NXDOMAIN, then no route", []string{bad, noRoute}, dns.RcodeNameError, 0},
		{"SERVFAIL, then two without route", []string{fails, noRoute, noRoute}, dns.RcodeServerFailure, 0},
		{"dead, then no route", []string{dead, noRoute}, silence, 4 * time.Second},
		{"NXDOMAIN, dead, no route", []string{bad, dead, noRoute}, silence, 4 * time.Second},
		{"broken alone", []string{breaks}, dns.RcodeSuccess, 0},
		{"broken moves on", []string{breaks, bad}, dns.RcodeNameError, 0},
		{"broken, then no route", []string{breaks, noRoute}, dns.RcodeSuccess, 0},
		{"broken, then dead", []string{breaks, dead}, silence, 4 * time.Second},
		{"dead moves on", []string{dead, good}, dns.RcodeSuccess, 4 * time.Second},
		{"dead alone", []string{dead}, silence, 4 * time.Second},
		{"NXDOMAIN, then dead", []string{bad, dead}, silence, 4 * time.Second},
		{"three dead", []string{dead, dead, dead}, silence, 12 * time.Second},
		{"not the fourth", []string{dead, closed, fails, good}, dns.RcodeServerFailure, 4 * time.Second},
	} {
		for _, network := range []string{"udp", "tcp"} {
			t.Run(tt.name+" "+network, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					r := newResolver(t, nil, dnsd.WithUpstreams(in.dial, upstreams(tt.servers...)...))
					began := time.Now()
					reply := ask(t, r, network, query("name.example", dns.TypeA))
					assert.Equal(t, tt.took, time.Since(began))
					if tt.want == silence {
						require.Nil(t, reply)
						return
					}
					require.NotNil(t, reply)
					assert.Equal(t, tt.want, reply.Rcode)
				})
			})
		}
	}
}

// TestClosedKeepsReply: of the next upstream, which is closed, TCP hears when it dials, and UDP
// when it waits for a reply.
func TestClosedKeepsReply(t *testing.T) {
	t.Parallel()
	in := &internet{servers: map[string]dns.Handler{"10.0.0.2:53": rcodes(dns.RcodeNameError), "10.0.0.5:53": nil}}
	r := newResolver(t, nil, dnsd.WithUpstreams(in.dial, upstreams("10.0.0.2:53", "10.0.0.5:53")...))
	assert.Nil(t, ask(t, r, "udp", query("name.example", dns.TypeA)))
	reply := ask(t, r, "tcp", query("name.example", dns.TypeA))
	require.NotNil(t, reply)
	assert.Equal(t, dns.RcodeNameError, reply.Rcode)
}

// TestOversized: a datagram that is longer than the client takes is cut, and has no answers then.
func TestOversized(t *testing.T) {
	t.Parallel()
	in := &internet{servers: map[string]dns.Handler{"10.0.0.1:53": dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		for range 30 {
			m.Answer = append(m.Answer, mustRR(q.Question[0].Name+" 5 IN A 192.0.2.1"))
		}
		_ = w.WriteMsg(m)
	})}}
	r := newResolver(t, nil, dnsd.WithUpstreams(in.dial, upstreams("10.0.0.1:53")...))
	for network, want := range map[string]int{"udp": 0, "tcp": 30} {
		q := query("name.example", dns.TypeA)
		reply := ask(t, r, network, q)
		require.NotNil(t, reply)
		assert.Equal(t, dns.RcodeSuccess, reply.Rcode)
		assert.Equal(t, q.Question, reply.Question)
		assert.Len(t, reply.Answer, want)
		assert.False(t, reply.Truncated)
	}
}

// TestTakeFirstReply: silence alone leads to the next upstream.
func TestTakeFirstReply(t *testing.T) {
	t.Parallel()
	const good, fails, closed = "10.0.0.1:53", "10.0.0.3:53", "10.0.0.5:53"
	in := &internet{servers: map[string]dns.Handler{good: rcodes(dns.RcodeSuccess), fails: rcodes(dns.RcodeServerFailure), closed: nil}}
	for want, servers := range map[int][]string{
		dns.RcodeSuccess:       {closed, good, fails},
		dns.RcodeServerFailure: {closed, fails, good},
	} {
		r := newResolver(t, nil, dnsd.WithUpstreams(in.dial, upstreams(servers...)...), dnsd.TakeFirstReply())
		reply := ask(t, r, "udp", query("name.example", dns.TypeA))
		require.NotNil(t, reply)
		assert.Equal(t, want, reply.Rcode)
	}
}

// TestAnswerFailures has the same ways with answers to failures, as recorded of Docker 29.7.2.
func TestAnswerFailures(t *testing.T) {
	t.Parallel()
	const good, bad, fails, rejects, closed, dead = "10.0.0.1:53", "10.0.0.2:53", "10.0.0.3:53", "10.0.0.4:53", "10.0.0.5:53", "10.0.0.6:53"
	for _, tt := range []struct {
		name    string
		servers []string
		want    int
		asked   int // of those that are not closed
		took    time.Duration
	}{
		{"none", nil, dns.RcodeServerFailure, 0, 0},
		{"NXDOMAIN is final", []string{bad, good}, dns.RcodeNameError, 1, 0},
		{"SERVFAIL of all", []string{fails, fails, fails, good}, dns.RcodeServerFailure, 3, 0},
		{"REFUSED of all", []string{rejects, rejects}, dns.RcodeServerFailure, 2, 0},
		{"REFUSED, then one that knows", []string{rejects, good}, dns.RcodeSuccess, 2, 0},
		{"silence", []string{dead, dead, dead, good}, dns.RcodeServerFailure, 3, 12 * time.Second},
		{"closed, then one that knows", []string{closed, good}, dns.RcodeSuccess, 1, 0},
		{"one that knows not, then closed", []string{bad, closed}, dns.RcodeNameError, 1, 0},
		{"SERVFAIL, then closed", []string{fails, closed}, dns.RcodeServerFailure, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				in := &internet{servers: map[string]dns.Handler{good: rcodes(dns.RcodeSuccess), bad: rcodes(dns.RcodeNameError),
					fails: rcodes(dns.RcodeServerFailure), rejects: rcodes(dns.RcodeRefused), closed: nil}}
				r := newResolver(t, nil, dnsd.WithUpstreams(in.dial, upstreams(tt.servers...)...), dnsd.AnswerFailures())
				for _, q := range []*dns.Msg{query("name.example", dns.TypeA), query("name.example", dns.TypePTR)} {
					began := time.Now()
					reply := ask(t, r, "udp", q)
					require.NotNil(t, reply)
					assert.Equal(t, tt.want, reply.Rcode)
					assert.True(t, reply.RecursionDesired)
					assert.False(t, reply.RecursionAvailable)
					assert.Equal(t, tt.took, time.Since(began))
					assert.Len(t, in.take(), tt.asked)
				}
			})
		})
	}
}

// TestForwardVerbatim checks that nothing is added to a query, and nothing is taken
// from a reply.
func TestForwardVerbatim(t *testing.T) {
	t.Parallel()
	var answer *dns.Msg
	h := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		answer = new(dns.Msg).SetReply(q)
		answer.Authoritative, answer.AuthenticatedData, answer.Truncated = true, true, true
		answer.Answer = []dns.RR{mustRR("Name.Example. 5 IN A 192.0.2.1")}
		answer.Ns = []dns.RR{mustRR("example. 6 IN NS ns.example.")}
		answer.SetEdns0(4096, true)
		_ = w.WriteMsg(answer)
	})
	in := &internet{servers: map[string]dns.Handler{"10.0.0.1:53": h}}
	r := newResolver(t, nil, dnsd.WithUpstreams(in.dial, upstreams("10.0.0.1:53")...))
	q := query("Name.Example", dns.TypeA)
	q.AuthenticatedData, q.CheckingDisabled, q.RecursionDesired = true, true, false
	q.SetEdns0(1400, true)
	reply := ask(t, r, "udp", q)
	wire, err := q.Pack()
	require.NoError(t, err)
	assert.Equal(t, []rawQuery{{"10.0.0.1:53", "udp", wire}}, in.take(), "a truncated reply is left to the client")
	assert.Equal(t, answer.String(), reply.String())
}

// TestForeignReplies has an upstream that others answer for, too.
func TestForeignReplies(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"udp", "tcp"} {
		client, server := net.Pipe()
		dial := func(context.Context, string, string) (net.Conn, error) { return client, nil }
		r := newResolver(t, nil, dnsd.WithUpstreams(dial, upstreams("10.0.0.1:53")...))
		go func() {
			defer server.Close()
			b, err := readMessage(server, network)
			q := new(dns.Msg)
			if !assert.NoError(t, err) || !assert.NoError(t, q.Unpack(b)) {
				return
			}
			for i := range 6 {
				m := new(dns.Msg).SetReply(q)
				switch i {
				case 0:
					m.Id++
				case 1:
					m.Response = false
				case 2:
					m.Question[0].Name = "other.example."
				case 3:
					m.Question[0].Qtype = dns.TypeMX
				case 4:
					m.Question = append(m.Question, m.Question[0])
				}
				m.Rcode = i
				b, err := m.Pack()
				assert.NoError(t, err)
				if network == "tcp" {
					b = append([]byte{byte(len(b) >> 8), byte(len(b))}, b...)
				} else if i == 0 {
					_, _ = server.Write([]byte{1, 2, 3}) // no message at all
				}
				if _, err := server.Write(b); err != nil {
					return
				}
			}
		}()
		reply := ask(t, r, network, query("name.example", dns.TypeA))
		require.NotNil(t, reply)
		assert.Equal(t, 5, reply.Rcode, network)
	}
}

// TestForwardLimit sends 130 queries to a dead upstream: 100 wait, the others end at
// once, without a reply as well. Then there is room again.
func TestForwardLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := &internet{servers: map[string]dns.Handler{"10.0.0.1:53": labDNS}}
		r := newResolver(t, []*dnsd.Zone{newNetZone(t)}, dnsd.WithUpstreams(in.dial, upstreams("10.0.0.1:53")...))
		var wg sync.WaitGroup
		for range 130 {
			wg.Go(func() { assert.Nil(t, ask(t, r, "udp", query("slow.example.test", dns.TypeA))) })
		}
		synctest.Wait()
		assert.Len(t, in.take(), 100)
		assert.Nil(t, ask(t, r, "udp", query("www.example.test", dns.TypeA)))
		assert.NotNil(t, ask(t, r, "udp", query("web", dns.TypeA)), "known names need no room")
		wg.Wait()
		assert.NotNil(t, ask(t, r, "udp", query("www.example.test", dns.TypeA)))
	})
}

// TestForwardEnds checks that a query ends with the context of its writer.
func TestForwardEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := &internet{}
		r := newResolver(t, nil, dnsd.WithUpstreams(in.dial, upstreams("10.0.0.1:53", "10.0.0.2:53")...))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w := &recorder{network: "udp", ctx: ctx}
		began := time.Now()
		r.ServeDNS(w, query("name.example", dns.TypeA))
		assert.Equal(t, time.Second, time.Since(began))
		assert.Nil(t, w.reply(t))
		assert.Len(t, in.take(), 1)
	})
}

func TestOptionErrors(t *testing.T) {
	t.Parallel()
	in := &internet{}
	for _, tt := range []struct {
		opt  dnsd.Option
		err  error
		text string
	}{
		{dnsd.WithUpstreams(nil, upstreams("10.0.0.1:53")...), dnsd.ErrDial, "dnsd: new: upstreams without a dial function"},
		{dnsd.WithUpstreams(in.dial, netip.AddrPort{}), dnsd.ErrAddr, "dnsd: new: upstream invalid AddrPort: invalid address"},
		{dnsd.WithUpstreams(in.dial, upstreams("10.0.0.1:0")...), dnsd.ErrAddr, "dnsd: new: upstream 10.0.0.1:0: invalid address"},
	} {
		_, err := dnsd.New(tt.opt)
		require.ErrorIs(t, err, tt.err)
		assert.EqualError(t, err, tt.text)
	}
}

func TestKeepSingleLabels(t *testing.T) {
	t.Parallel()
	in := &internet{servers: map[string]dns.Handler{"10.0.0.53:53": labDNS}}
	up := dnsd.WithUpstreams(in.dial, netip.MustParseAddrPort("10.0.0.53:53"))
	r := newResolver(t, []*dnsd.Zone{newNetZone(t)}, up, dnsd.KeepSingleLabels())
	for name, want := range map[string]int{"unknown.": dns.RcodeSuccess, "unknown.net.": dns.RcodeNameError, "web.": dns.RcodeSuccess} {
		assert.Equal(t, want, ask(t, r, "udp", query(name, dns.TypeA)).Rcode, name)
		assert.Equal(t, want, ask(t, r, "udp", query(name, dns.TypeAAAA)).Rcode, name)
	}
	assert.Equal(t, dns.RcodeNameError, ask(t, r, "udp", query("unknown", dns.TypeMX)).Rcode)
}
