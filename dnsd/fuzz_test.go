package dnsd_test

import (
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"drydock/dnsd"
)

// FuzzServeDNS asks anything. What is answered has the id and the question of the
// query, is a response, and fits.
func FuzzServeDNS(f *testing.F) {
	for _, q := range []*dns.Msg{query("web", dns.TypeA), query("BOTH.net", dns.TypeAAAA), query("six", dns.TypeMX),
		query("2.0.18.172.in-addr.arpa", dns.TypePTR), query("x", dns.TypeTXT), new(dns.Msg).SetEdns0(9000, true)} {
		b, err := q.Pack()
		require.NoError(f, err)
		f.Add(b)
	}
	f.Add([]byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04\xc4\xb0we\x03net\x00\x00\x01\x00\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		q := new(dns.Msg)
		if q.Unpack(b) != nil {
			return
		}
		in := &internet{servers: map[string]dns.Handler{"10.0.0.53:53": nil}}
		links := []dnsd.Link{{Alias: "link", Target: "web"}}
		r, err := dnsd.New(dnsd.WithUpstreams(in.dial, upstreams("10.0.0.53:53")...))
		require.NoError(t, err)
		r.SetScopes(dnsd.Scope{Zone: newNetZone(t), Links: links})
		h := newFaults(t, dnsd.Fault{Name: "lie", Rate: 1, Action: dnsd.Lie, Addr: addr("10.0.0.1")}).Wrap(r)
		w := &recorder{network: "udp"}
		h.ServeDNS(w, q)
		reply := w.reply(t)
		if reply == nil {
			return
		}
		require.Equal(t, q.Id, reply.Id)
		require.True(t, reply.Response)
		if len(reply.Question) > 0 {
			require.Equal(t, q.Question, reply.Question)
		} else {
			require.NotEqual(t, dns.RcodeSuccess, reply.Rcode)
		}
		size := dns.MinMsgSize
		if opt := q.IsEdns0(); opt != nil {
			size = max(size, int(opt.UDPSize()))
		}
		require.LessOrEqual(t, len(w.wire), size)
	})
}

// FuzzResolvConf reads any file. What is written of it says the same.
func FuzzResolvConf(f *testing.F) {
	f.Add("search a b\nnameserver 10.0.0.1\noptions ndots:3 timeout:99\n")
	f.Add("nameserver fe80::1%e\ndomain .\n#\n;\noptions attempts:0")
	f.Fuzz(func(t *testing.T, text string) {
		conf := dnsd.ParseResolvConf(text)
		require.Equal(t, conf, dnsd.ParseResolvConf(conf.String()))
		require.LessOrEqual(t, conf.Ndots(), 15)
		require.Positive(t, conf.Timeout())
		require.Positive(t, conf.Attempts())
	})
}
