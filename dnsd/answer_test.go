package dnsd_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"drydock/dnsd"
)

// newNetZone returns the zone of a network "net" with a host of each kind.
func newNetZone(tb testing.TB) *dnsd.Zone {
	tb.Helper()
	z := dnsd.NewZone("net")
	for id, h := range map[string]dnsd.Host{
		"1": {Name: "web", Aliases: []string{"WWW", "a.b"}, Addrs: addrs("172.18.0.2")},
		"2": {Name: "both", Addrs: addrs("172.18.0.3", "fd00::3")},
		"3": {Name: "six", Addrs: addrs("fd00::4")},
		"4": {Name: "nothing"},
	} {
		require.NoError(tb, z.Set(id, h))
	}
	return z
}

// TestAnswers asks questions that the recordings do not have.
func TestAnswers(t *testing.T) {
	t.Parallel()
	r := newResolver(t, []*dnsd.Zone{newNetZone(t)})
	const none = "no reply"
	for _, tt := range []struct {
		name string
		typ  uint16
		want string
	}{
		{"web.", dns.TypeA, "A 172.18.0.2"},
		{"wEb.net.", dns.TypeA, "A 172.18.0.2"},
		{"www.", dns.TypeA, "A 172.18.0.2"},
		{"a.b.", dns.TypeA, "A 172.18.0.2"},
		{"A.b.net.", dns.TypeA, "A 172.18.0.2"},
		{"web.Net.", dns.TypeA, none},
		{"web.net.net.", dns.TypeA, none},
		{"b.", dns.TypeA, none},
		{"net.", dns.TypeA, none},
		{".", dns.TypeA, none},
		{".net.", dns.TypeA, none},
		{"both.", dns.TypeA, "A 172.18.0.3"},
		{"both.", dns.TypeAAAA, "AAAA fd00::3"},
		{"six.", dns.TypeA, "NOERROR"},
		{"six.net.", dns.TypeAAAA, "AAAA fd00::4"},
		{"six.", dns.TypeMX, "NOERROR"},
		{"nothing.", dns.TypeA, "NOERROR"},
		{"nothing.", dns.TypeAAAA, "NOERROR"},
		{"unknown.", dns.TypeMX, none},
		{"web.", dns.TypeTXT, none},
		{"web.", dns.TypeANY, none},
		{"2.0.18.172.in-addr.arpa.", dns.TypePTR, "PTR web.net."},
		{"2.0.18.172.IN-ADDR.arpa.", dns.TypePTR, none},
		{"2.0.18.172.in-addr.arpa.", dns.TypeA, none},
		{"4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa.", dns.TypePTR, "PTR six.net."},
		{"9.0.18.172.in-addr.arpa.", dns.TypePTR, none},
	} {
		t.Run(tt.name+dns.TypeToString[tt.typ], func(t *testing.T) {
			t.Parallel()
			for _, network := range []string{"udp", "tcp"} {
				reply := ask(t, r, network, query(tt.name, tt.typ))
				got := none
				if reply != nil {
					got = dns.RcodeToString[reply.Rcode]
					for _, rr := range reply.Answer {
						require.Equal(t, dns.RR_Header{Name: tt.name, Rrtype: tt.typ, Class: dns.ClassINET, Ttl: 600, Rdlength: rr.Header().Rdlength}, *rr.Header())
						got = dns.TypeToString[tt.typ] + " " + rr.String()[len(rr.Header().String()):]
					}
				}
				assert.Equal(t, tt.want, got, network)
			}
		})
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	r := newResolver(t, []*dnsd.Zone{newNetZone(t)})
	for _, tt := range []struct {
		name   string
		change func(q *dns.Msg)
		want   string // flags and rcode
	}{
		{"usual", func(*dns.Msg) {}, " qr rd ra NOERROR"},
		{"no recursion", func(q *dns.Msg) { q.RecursionDesired = false }, " qr ra NOERROR"},
		{"checking disabled", func(q *dns.Msg) { q.CheckingDisabled = true }, " qr rd ra cd NOERROR"},
		{"authenticated", func(q *dns.Msg) { q.AuthenticatedData = true }, " qr rd ra NOERROR"},
		{"authoritative", func(q *dns.Msg) { q.Authoritative = true }, " qr rd ra NOERROR"},
		{"EDNS", func(q *dns.Msg) { q.SetEdns0(4096, true) }, " qr rd ra NOERROR"},
		{"notify", func(q *dns.Msg) { q.Opcode = dns.OpcodeNotify }, " qr ra NOERROR"},
		{"update", func(q *dns.Msg) { q.Opcode = dns.OpcodeUpdate }, " qr rd NOTIMP"},
		{"no question", func(q *dns.Msg) { q.Question = nil }, " qr rd FORMERR"},
		{"two questions", func(q *dns.Msg) { q.Question = append(q.Question, q.Question[0]) }, " qr rd FORMERR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q := query("web", dns.TypeA)
			tt.change(q)
			reply := ask(t, r, "udp", q)
			require.NotNil(t, reply)
			assert.Equal(t, tt.want, flags(reply)+" "+dns.RcodeToString[reply.Rcode])
			assert.Equal(t, q.Id, reply.Id)
			assert.Empty(t, append(reply.Extra, reply.Ns...))
			if reply.Rcode == dns.RcodeSuccess {
				assert.Len(t, reply.Answer, 1)
			} else {
				assert.Empty(t, reply.Question, "nothing but a header")
			}
		})
	}
	t.Run("response", func(t *testing.T) {
		t.Parallel()
		q := query("web", dns.TypeA)
		q.Response = true
		assert.Nil(t, ask(t, r, "udp", q))
	})
	t.Run("class", func(t *testing.T) {
		t.Parallel()
		for _, class := range []uint16{dns.ClassCHAOS, dns.ClassANY, dns.ClassNONE} {
			for _, typ := range []uint16{dns.TypeA, dns.TypeMX, dns.TypePTR} {
				q := query(map[bool]string{true: "2.0.18.172.in-addr.arpa", false: "web"}[typ == dns.TypePTR], typ)
				q.Question[0].Qclass = class
				reply := ask(t, r, "udp", q)
				require.NotNil(t, reply)
				assert.Equal(t, q.Question, reply.Question)
				for _, rr := range reply.Answer {
					assert.EqualValues(t, dns.ClassINET, rr.Header().Class)
				}
				assert.Equal(t, typ != dns.TypeMX, len(reply.Answer) == 1)
			}
		}
	})
}

// TestTruncation has the case that was recorded: of 30 holders of an alias of four
// letters 24 fit in 512 bytes.
func TestTruncation(t *testing.T) {
	t.Parallel()
	z := dnsd.NewZone("net")
	for i := range 30 {
		a := netip.AddrFrom4([4]byte{172, 18, 1, byte(i)})
		require.NoError(t, z.Set(a.String(), dnsd.Host{Name: fmt.Sprint("h", i), Aliases: []string{"many"}, Addrs: []netip.Addr{a}}))
	}
	r := newResolver(t, []*dnsd.Zone{z})
	for _, tt := range []struct {
		network string
		edns    uint16
		want    int
	}{{"udp", 0, 24}, {"udp", 100, 24}, {"udp", 512, 24}, {"udp", 521, 24}, {"udp", 522, 25}, {"udp", 622, 30}, {"udp", 4096, 30}, {"tcp", 0, 30}} {
		t.Run(fmt.Sprint(tt.network, tt.edns), func(t *testing.T) {
			t.Parallel()
			q := query("many", dns.TypeA)
			if tt.edns > 0 {
				q.SetEdns0(tt.edns, false)
			}
			w := &recorder{network: tt.network}
			r.ServeDNS(w, q)
			reply := w.reply(t)
			assert.Len(t, reply.Answer, tt.want)
			assert.Equal(t, tt.want < 30, reply.Truncated)
			assert.Len(t, w.wire, 12+10+tt.want*20)
		})
	}
}

// TestShuffle checks that all orders occur, and again with the same seed.
func TestShuffle(t *testing.T) {
	t.Parallel()
	z := dnsd.NewZone("net")
	for _, a := range []string{"172.18.0.4", "172.18.0.5", "172.18.0.6", "172.18.0.7"} {
		require.NoError(t, z.Set(a, dnsd.Host{Name: a, Aliases: []string{"web"}, Addrs: addrs(a)}))
	}
	orders := func(seed uint64) (list []string) {
		r := newResolver(t, []*dnsd.Zone{z}, dnsd.WithSeed(seed))
		for range 400 {
			order := ""
			for _, rr := range ask(t, r, "udp", query("web", dns.TypeA)).Answer {
				order += rr.(*dns.A).A.String() + " "
			}
			list = append(list, order)
		}
		return list
	}
	one := orders(1)
	count := map[string]int{}
	for _, order := range one {
		count[order]++
	}
	assert.Len(t, count, 24)
	for order, n := range count {
		assert.Less(t, n, 40, "17 are to be expected of %s", order)
	}
	assert.Equal(t, one, orders(1))
	assert.NotEqual(t, one, orders(2))
}

func TestScopes(t *testing.T) {
	t.Parallel()
	first, second := dnsd.NewZone("first"), dnsd.NewZone("second")
	require.NoError(t, first.Set("1", dnsd.Host{Name: "dup", Addrs: addrs("10.1.0.1")}))
	require.NoError(t, first.Set("2", dnsd.Host{Name: "two.second", Addrs: addrs("10.1.0.2")}))
	require.NoError(t, second.Set("1", dnsd.Host{Name: "dup", Addrs: addrs("10.2.0.1", "fd00::1")}))
	require.NoError(t, second.Set("2", dnsd.Host{Name: "two", Addrs: addrs("10.2.0.2")}))
	r, err := dnsd.New()
	require.NoError(t, err)
	check := func(name string, typ uint16, want ...string) {
		t.Helper()
		var got []string
		if reply := ask(t, r, "udp", query(name, typ)); reply != nil {
			got = []string{}
			for _, rr := range reply.Answer {
				got = append(got, rr.String()[len(rr.Header().String()):])
			}
		}
		if want == nil {
			assert.Nil(t, got, name)
			return
		}
		assert.Equal(t, want, got, name)
	}
	check("dup", dns.TypeA)
	r.SetScopes(dnsd.Scope{Zone: first}, dnsd.Scope{Zone: second})
	check("dup", dns.TypeA, "10.1.0.1")
	check("dup", dns.TypeAAAA, "fd00::1") // the second one answers what the first one cannot
	check("dup.second", dns.TypeA, "10.2.0.1")
	check("two.second", dns.TypeA, "10.1.0.2") // the whole name comes first
	r.SetScopes(dnsd.Scope{Zone: second}, dnsd.Scope{Zone: first})
	check("dup", dns.TypeA, "10.2.0.1")

	links := []dnsd.Link{{Alias: "db", Target: "nobody"}, {Alias: "DB", Target: "Two"}, {Alias: "dup", Target: "gone"}}
	r.SetScopes(dnsd.Scope{Zone: second, Links: links}, dnsd.Scope{Zone: first})
	links[1].Target = "changed"
	check("db", dns.TypeA, "10.2.0.2")
	check("Db.second", dns.TypeA, "10.2.0.2")
	check("db.first", dns.TypeA)
	assert.Empty(t, ask(t, r, "udp", query("db", dns.TypeAAAA)).Answer)
	check("dup", dns.TypeA, "10.1.0.1") // hidden in the second
	check("dup.second", dns.TypeA)
	check("1.0.2.10.in-addr.arpa", dns.TypePTR, "dup.second.")
	assert.Panics(t, func() { r.SetScopes(dnsd.Scope{}) })
}
