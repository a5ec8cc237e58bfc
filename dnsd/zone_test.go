package dnsd_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"drydock/dnsd"
)

func TestZoneChanges(t *testing.T) {
	t.Parallel()
	z := dnsd.NewZone("net")
	r := newResolver(t, []*dnsd.Zone{z})
	count := func(name string) int {
		reply := ask(t, r, "udp", query(name, dns.TypeA))
		if reply == nil {
			return -1
		}
		return len(reply.Answer)
	}
	ptr := func(name string) string {
		reply := ask(t, r, "udp", query(name, dns.TypePTR))
		if reply == nil {
			return ""
		}
		return reply.Answer[0].(*dns.PTR).Ptr
	}
	assert.Equal(t, "net", z.Network())
	aliases := []string{"web", "W1", "w1"}
	require.NoError(t, z.Set("1", dnsd.Host{Name: "w1", Aliases: aliases, Addrs: addrs("::ffff:10.0.0.1")}))
	aliases[0] = "changed"
	require.NoError(t, z.Set("2", dnsd.Host{Name: "w2", Aliases: []string{"web"}, Addrs: addrs("10.0.0.2")}))
	require.NoError(t, z.Set("3", dnsd.Host{Name: "w3", Aliases: []string{"web"}, Addrs: addrs("10.0.0.2")}))
	assert.Equal(t, 3, z.Len())
	assert.Equal(t, 2, count("web"), "an address that two hosts have is answered once")
	assert.Equal(t, 1, count("w1"))
	assert.Equal(t, "w3.net.", ptr("2.0.0.10.in-addr.arpa"), "the last has it")
	z.Delete("2")
	assert.Equal(t, "w3.net.", ptr("2.0.0.10.in-addr.arpa"))
	assert.Equal(t, 2, count("web"))
	z.Delete("3")
	assert.Empty(t, ptr("2.0.0.10.in-addr.arpa"))
	assert.Equal(t, 1, count("web"))
	assert.Equal(t, -1, count("w3"))

	require.NoError(t, z.Set("1", dnsd.Host{Name: "renamed", Addrs: addrs("10.0.0.9")}))
	assert.Equal(t, []int{1, -1, -1}, []int{count("renamed"), count("w1"), count("web")})
	assert.Equal(t, []string{"renamed.net.", ""}, []string{ptr("9.0.0.10.in-addr.arpa"), ptr("1.0.0.10.in-addr.arpa")})
	z.Delete("1")
	z.Delete("1")
	assert.Zero(t, z.Len())
}

func TestZoneErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		host dnsd.Host
		err  error
		text string
	}{
		{dnsd.Host{}, dnsd.ErrName, `dnsd: set host: invalid name`},
		{dnsd.Host{Name: "a", Aliases: []string{""}}, dnsd.ErrName, `dnsd: set host "a": invalid name`},
		{dnsd.Host{Name: "a", Addrs: []netip.Addr{{}}}, dnsd.ErrAddr, `dnsd: set host "a": invalid address`},
		{dnsd.Host{Name: "a", Addrs: addrs("0.0.0.0")}, dnsd.ErrAddr, `dnsd: set host "a": invalid address`},
	} {
		z := dnsd.NewZone("net")
		require.NoError(t, z.Set("1", dnsd.Host{Name: "kept", Addrs: addrs("10.0.0.1")}))
		err := z.Set("1", tt.host)
		require.ErrorIs(t, err, tt.err)
		var typed *dnsd.Error
		require.ErrorAs(t, err, &typed)
		assert.EqualError(t, err, tt.text)
		assert.NotNil(t, ask(t, newResolver(t, []*dnsd.Zone{z}), "udp", query("kept", dns.TypeA)), "nothing changed")
	}
}

// TestConcurrency has 100 resolvers answer while hosts come, go and are renamed. A
// host that stays is always known, and one that is renamed always by one of its names.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	z := dnsd.NewZone("net")
	require.NoError(t, z.Set("stays", dnsd.Host{Name: "stays", Aliases: []string{"web"}, Addrs: addrs("10.0.0.1")}))
	require.NoError(t, z.Set("renamed", dnsd.Host{Name: "old", Aliases: []string{"alias"}, Addrs: addrs("10.0.0.2")}))
	var resolvers, changes sync.WaitGroup
	stop := make(chan struct{})
	changes.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			id := fmt.Sprint(i % 50)
			a := netip.AddrFrom4([4]byte{10, 0, 1, byte(i % 50)})
			if i%3 == 0 {
				z.Delete(id)
			} else {
				assert.NoError(t, z.Set(id, dnsd.Host{Name: "h" + id, Aliases: []string{"web"}, Addrs: []netip.Addr{a}}))
			}
			assert.NoError(t, z.Set("renamed", dnsd.Host{Name: []string{"old", "new"}[i%2], Aliases: []string{"alias"}, Addrs: addrs("10.0.0.2")}))
		}
	})
	for i := range 100 {
		r := newResolver(t, nil, dnsd.WithSeed(uint64(i)))
		resolvers.Go(func() {
			for n := range 50 {
				scopes := []dnsd.Scope{{Zone: z}, {Zone: dnsd.NewZone("other")}}
				r.SetScopes(scopes[n%2], scopes[1-n%2])
				reply := ask(t, r, "tcp", query("web", dns.TypeA))
				if assert.NotNil(t, reply) {
					assert.Contains(t, fmt.Sprint(reply.Answer), "10.0.0.1")
				}
				if reply := ask(t, r, "udp", query("alias.net", dns.TypeA)); assert.NotNil(t, reply) {
					assert.Len(t, reply.Answer, 1)
				}
				reply = ask(t, r, "udp", query("2.0.0.10.in-addr.arpa", dns.TypePTR))
				if assert.NotNil(t, reply) {
					assert.Contains(t, []string{"old.net.", "new.net."}, reply.Answer[0].(*dns.PTR).Ptr)
				}
			}
		})
	}
	resolvers.Wait()
	close(stop)
	changes.Wait()
}
