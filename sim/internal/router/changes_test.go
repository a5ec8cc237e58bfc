package router_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"drydock/sim/internal/netstack"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
)

// Streams in both directions while routes, addresses and interfaces come and go and
// packets for nowhere arrive.
func TestChangesUnderTraffic(t *testing.T) {
	t.Parallel()
	top := plan{filter: new(netfilter)}.build(t)
	r := top.router
	var wg sync.WaitGroup
	change := func(f func(i int) error) {
		wg.Go(func() {
			for i := range 100 {
				if !assert.NoError(t, f(i)) {
					return
				}
			}
		})
	}
	change(func(i int) error {
		dst := netip.MustParsePrefix(fmt.Sprintf("10.%d.0.0/16", 100+i%100))
		if err := r.AddRoute(dst, netip.MustParseAddr("10.2.0.2")); err != nil {
			return err
		}
		return r.DelRoute(dst)
	})
	change(func(i int) error {
		a := netip.MustParsePrefix(fmt.Sprintf("10.2.0.%d/24", 100+i%100))
		if err := r.AddAddr(3, a); err != nil {
			return err
		}
		return r.RemoveAddr(3, a)
	})
	change(func(i int) error {
		end, _, err := veth.Pair(veth.WithSeed(uint64(i)))
		if err != nil {
			return err
		}
		if err := r.AddNIC(9, "eth9", end); err != nil {
			return err
		}
		if err := r.AddAddr(9, netip.MustParsePrefix("10.9.0.1/24")); err != nil {
			return err
		}
		return r.RemoveNIC(9)
	})
	change(func(i int) error {
		r.SetRPFilter(0, 0)
		r.Interfaces()
		for _, dst := range []string{"10.150.1.1", "10.9.0.7", "10.2.0.150", "10.2.0.201", "10.77.0.1"} {
			top.inject(t, 0, packet{src: fmt.Sprintf("10.1.0.%d", 3+i%200), dst: dst, ttl: uint8(1 + i%3), proto: 17, body: udp(10)})
		}
		return nil
	})
	for i, way := range []struct{ client, server *netstack.Stack }{{top.a, top.b}, {top.b, top.a}, {top.a, r}} {
		to := []string{"10.2.0.2:80", "[fd01::2]:81", "10.2.0.1:82"}[i]
		wg.Go(func() { transfer(t, way.client, way.server, netip.MustParseAddrPort(to), 2<<20) })
	}
	wg.Wait()
	assert.Len(t, r.Interfaces(), 3)
}
