package router_test

import (
	"context"
	"fmt"
	stdnet "net"
	"net/netip"
	"os"
	"testing"
	"testing/synctest"

	"drydock/drop"
	"drydock/sim/internal/netstack"
	"drydock/sim/internal/router"
	"drydock/veth"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

var bg = context.Background()

// A topology is two hosts and a router between them:
//
//	a 10.1.0.2 ── 10.1.0.1 eth1  router  eth2 10.2.0.1 ── 10.2.0.2 b
//
// and the same with fd01:: and fd02::.
type topology struct {
	a, router, b *netstack.Stack
	cables       [2]*veth.Endpoint // the router's ends of eth1 and eth2
	told         []drop.Reason     // what the router dropped, in virtual time
}

// A plan is what a topology is made of.
type plan struct {
	filter  stack.NFTablesInterface
	mtu     [2]int // of the cables; 0: 1500
	virtual bool
	plain   bool // gVisor routes
	still   bool // forwarding is off
}

func (p plan) build(tb testing.TB) *topology {
	tb.Helper()
	newStack := func(seed uint64, opts netstack.Options) *netstack.Stack {
		opts.Seed, opts.Virtual = seed, p.virtual
		s := netstack.New(opts)
		tb.Cleanup(s.Close)
		require.NoError(tb, s.AddLoopback())
		require.NoError(tb, s.SetIPv6(true))
		return s
	}
	t := &topology{
		a: newStack(1, netstack.Options{}),
		b: newStack(2, netstack.Options{}),
	}
	opts := netstack.Options{Router: !p.plain, Netfilter: p.filter}
	if p.virtual {
		opts.OnDrop = func(d router.Dropped) { t.told = append(t.told, d.Reason) }
	}
	t.router = newStack(3, opts)
	for i, host := range []*netstack.Stack{t.a, t.b} {
		mtu := p.mtu[i]
		if mtu == 0 {
			mtu = veth.DefaultMTU
		}
		end, peer, err := veth.Pair(veth.WithSeed(uint64(i)), veth.WithMTU(mtu))
		require.NoError(tb, err)
		tb.Cleanup(end.Close)
		t.cables[i] = end
		plug(tb, t.router, 2+i, fmt.Sprint("eth", 1+i), end, net(i, 1), net6(i, 1))
		plug(tb, host, 2, "eth0", peer, net(i, 2), net6(i, 2))
		host.SetDefault(2, net(i, 1).Addr())
		host.SetDefault(2, net6(i, 1).Addr())
	}
	require.NoError(tb, t.router.SetForwarding(!p.still))
	require.NoError(tb, t.router.SetForwarding6(!p.still))
	return t
}

// lost returns why the router dropped a packet, 0 if it dropped none. It counts what it tells of.
func (t *topology) lost(tb testing.TB) drop.Reason {
	tb.Helper()
	require.EqualValues(tb, len(t.told), t.router.Drops().Total())
	if len(t.told) == 0 {
		return 0
	}
	require.EqualValues(tb, 1, t.router.Drops()[t.told[0]])
	return t.told[0]
}

// plug adds an interface with addresses.
func plug(tb testing.TB, s *netstack.Stack, index int, name string, end *veth.Endpoint, addrs ...netip.Prefix) {
	tb.Helper()
	require.NoError(tb, s.AddNIC(index, name, end))
	for _, a := range addrs {
		require.NoError(tb, s.AddAddr(index, a))
	}
}

// net returns the address of host n on the ith cable.
func net(i, n int) netip.Prefix { return netip.MustParsePrefix(fmt.Sprintf("10.%d.0.%d/24", 1+i, n)) }

func net6(i, n int) netip.Prefix {
	return netip.MustParsePrefix(fmt.Sprintf("fd0%d::%d/64", 1+i, n))
}

// inBubble runs a test in virtual time.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Parallel()
	synctest.Test(t, f)
}

func tcpAddr(a netip.Addr) *stdnet.TCPAddr {
	return stdnet.TCPAddrFromAddrPort(netip.AddrPortFrom(a, 0))
}

func udpAddr(a netip.Addr) *stdnet.UDPAddr {
	return stdnet.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 0))
}
