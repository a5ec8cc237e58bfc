package dnsd_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"drydock/dnsd"
)

func newFaults(t *testing.T, faults ...dnsd.Fault) *dnsd.Faults {
	t.Helper()
	f, err := dnsd.NewFaults(7, faults...)
	require.NoError(t, err)
	return f
}

func TestFaultActions(t *testing.T) {
	t.Parallel()
	const ptr = "2.0.18.172.in-addr.arpa"
	lie := dnsd.Fault{Rate: 1, Action: dnsd.Lie, Addr: addr("10.9.9.9")}
	for _, tt := range []struct {
		name    string
		fault   dnsd.Fault
		network string
		asked   string
		typ     uint16
		want    string
	}{
		{"drop", dnsd.Fault{Rate: 1, Action: dnsd.Drop}, "udp", "web", dns.TypeA, ""},
		{"refuse", dnsd.Fault{Rate: 1, Action: dnsd.Refuse}, "udp", "web", dns.TypeA, "REFUSED qr rd ra []"},
		{"servfail", dnsd.Fault{Rate: 1, Action: dnsd.ServFail}, "udp", "web", dns.TypeA, "SERVFAIL qr rd ra []"},
		{"nxdomain", dnsd.Fault{Rate: 1, Action: dnsd.NXDomain}, "tcp", "web", dns.TypeA, "NXDOMAIN qr rd ra []"},
		{"truncate", dnsd.Fault{Rate: 1, Action: dnsd.Truncate}, "udp", "web", dns.TypeA, "NOERROR qr tc rd ra []"},
		{"truncate TCP", dnsd.Fault{Rate: 1, Action: dnsd.Truncate}, "tcp", "web", dns.TypeA, "NOERROR qr rd ra [web.\t600\tIN\tA\t172.18.0.2]"},
		{"lie", lie, "udp", "Web", dns.TypeA, "NOERROR qr rd ra [Web.\t600\tIN\tA\t10.9.9.9]"},
		{"lie for the unknown", lie, "udp", "unknown", dns.TypeA, "NOERROR qr rd ra [unknown.\t600\tIN\tA\t10.9.9.9]"},
		{"lie for the other family", lie, "udp", "both", dns.TypeAAAA, "NOERROR qr rd ra []"},
		{"lie AAAA", dnsd.Fault{Rate: 1, Action: dnsd.Lie, Addr: addr("fd00::9")}, "udp", "web", dns.TypeAAAA, "NOERROR qr rd ra [web.\t600\tIN\tAAAA\tfd00::9]"},
		{"never", dnsd.Fault{Rate: 0, Action: dnsd.Drop}, "udp", "web", dns.TypeA, "NOERROR qr rd ra [web.\t600\tIN\tA\t172.18.0.2]"},
		{"another name", dnsd.Fault{Name: "we", Rate: 1, Action: dnsd.Drop}, "udp", "web", dns.TypeA, "NOERROR qr rd ra [web.\t600\tIN\tA\t172.18.0.2]"},
		{"another type", dnsd.Fault{Type: dns.TypeAAAA, Rate: 1, Action: dnsd.Drop}, "udp", "web", dns.TypeA, "NOERROR qr rd ra [web.\t600\tIN\tA\t172.18.0.2]"},
		{"pattern", dnsd.Fault{Name: "W?b*", Rate: 1, Action: dnsd.Drop}, "udp", "wEb.net", dns.TypeA, ""},
		{"all names", dnsd.Fault{Name: "*", Rate: 1, Action: dnsd.Drop}, "udp", "a/b", dns.TypeA, ""},
		{"reverse", dnsd.Fault{Name: "*.in-addr.arpa", Rate: 1, Action: dnsd.NXDomain}, "udp", ptr, dns.TypePTR, "NXDOMAIN qr rd ra []"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newFaults(t, tt.fault).Wrap(newResolver(t, []*dnsd.Zone{newNetZone(t)}))
			q := query(tt.asked, tt.typ)
			reply := ask(t, h, tt.network, q)
			if tt.want == "" {
				require.Nil(t, reply)
				return
			}
			require.NotNil(t, reply)
			assert.Equal(t, tt.want, dns.RcodeToString[reply.Rcode]+flags(reply)+" "+stringOf(reply.Answer))
			assert.Equal(t, q.Id, reply.Id)
			assert.Equal(t, q.Question, reply.Question)
		})
	}
}

// TestFaultDelay checks that a delay ends with the query.
func TestFaultDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFaults(t, dnsd.Fault{Rate: 1, Delay: 3 * time.Second})
		h := f.Wrap(newResolver(t, []*dnsd.Zone{newNetZone(t)}))
		began := time.Now()
		require.NotNil(t, ask(t, h, "udp", query("web", dns.TypeA)))
		assert.Equal(t, 3*time.Second, time.Since(began))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w := &recorder{network: "udp", ctx: ctx}
		began = time.Now()
		h.ServeDNS(w, query("web", dns.TypeA))
		assert.Equal(t, time.Second, time.Since(began))
		assert.Nil(t, w.reply(t))

		require.NoError(t, f.Set())
		began = time.Now()
		require.NotNil(t, ask(t, h, "udp", query("web", dns.TypeA)))
		assert.Zero(t, time.Since(began), "it behaves again")
	})
}

// TestFaultRates checks that rates hold, that the same queries are hit again with the
// same seed, and that another fault before does not move the draws.
func TestFaultRates(t *testing.T) {
	t.Parallel()
	r := newResolver(t, []*dnsd.Zone{newNetZone(t)})
	drops := func(seed uint64, faults ...dnsd.Fault) string {
		f, err := dnsd.NewFaults(seed, faults...)
		require.NoError(t, err)
		h, text := f.Wrap(r), ""
		for range 2000 {
			if ask(t, h, "udp", query("web", dns.TypeA)) == nil {
				text += "x"
			} else {
				text += "."
			}
		}
		return text
	}
	quarter := dnsd.Fault{Rate: 0.25, Action: dnsd.Drop}
	other := dnsd.Fault{Name: "both", Rate: 1, Action: dnsd.Drop}
	one := drops(1, other, quarter)
	assert.InDelta(t, 500, strings.Count(one, "x"), 100)
	assert.Equal(t, one, drops(1, other, quarter))
	assert.NotEqual(t, one, drops(2, other, quarter))
	other.Name = "six"
	assert.Equal(t, one, drops(1, other, quarter))
	assert.InDelta(t, 875, strings.Count(drops(1, quarter, quarter), "x"), 110, "a second draw for those that the first spared")
}

func TestFaultErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault dnsd.Fault
		err   error
		text  string
	}{
		{dnsd.Fault{Rate: 1.5, Action: dnsd.Drop}, dnsd.ErrRate, "dnsd: set faults: 1.5: rate outside [0, 1]"},
		{dnsd.Fault{Rate: math.NaN(), Action: dnsd.Drop}, dnsd.ErrRate, "dnsd: set faults: NaN: rate outside [0, 1]"},
		{dnsd.Fault{Name: "a", Rate: 1, Delay: -1, Action: dnsd.Drop}, dnsd.ErrDelay, `dnsd: set faults "a": -1ns: negative delay`},
		{dnsd.Fault{Rate: 1, Action: 99}, dnsd.ErrAction, "dnsd: set faults: Action(99): unknown action"},
		{dnsd.Fault{Rate: 1, Action: dnsd.Lie}, dnsd.ErrLie, "dnsd: set faults: a lie is an address, and no other action has one"},
		{dnsd.Fault{Rate: 1, Action: dnsd.Drop, Addr: addr("10.0.0.1")}, dnsd.ErrLie, "dnsd: set faults: a lie is an address, and no other action has one"},
		{dnsd.Fault{Rate: 1}, dnsd.ErrNoEffect, "dnsd: set faults: fault without delay or action"},
		{dnsd.Fault{Name: "[", Rate: 1, Action: dnsd.Drop}, dnsd.ErrName, `dnsd: set faults "[": invalid name`},
	} {
		_, err := dnsd.NewFaults(1, tt.fault)
		require.ErrorIs(t, err, tt.err)
		require.EqualError(t, err, tt.text)
		f := newFaults(t, dnsd.Fault{Rate: 1, Action: dnsd.Drop})
		require.Error(t, f.Set(dnsd.Fault{Rate: 0, Action: dnsd.Drop}, tt.fault))
		assert.Nil(t, ask(t, f.Wrap(newResolver(t, []*dnsd.Zone{newNetZone(t)})), "udp", query("web", dns.TypeA)), "nothing changed")
	}
	assert.Equal(t, "truncate", dnsd.Truncate.String())
}
