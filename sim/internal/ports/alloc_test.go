package ports

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var any4 = netip.IPv4Unspecified()

func ephemeral(proto Proto) Publication { return Publication{Port: Port{80, proto}} }

func TestEphemeralWraps(t *testing.T) {
	t.Parallel()
	var a Allocator
	released := Binding{Port{80, TCP}, any4, EphemeralFirst + 5}
	for want := EphemeralFirst; want <= EphemeralLast; want++ {
		b, err := a.Allocate(any4, ephemeral(TCP))
		require.NoError(t, err)
		require.Equal(t, uint16(want), b.HostPort)
		if want == EphemeralFirst+100 {
			a.Release(released)
		}
	}
	b, err := a.Allocate(any4, ephemeral(TCP))
	require.NoError(t, err)
	require.Equal(t, released, b, "the only free one, after all others")
	_, err = a.Allocate(any4, ephemeral(TCP))
	require.EqualError(t, err, "all ports are allocated")
	require.ErrorIs(t, err, ErrAllAllocated)

	// Other protocols and addresses have ports of their own.
	for _, other := range []Binding{
		{Port{80, UDP}, any4, EphemeralFirst},
		{Port{80, TCP}, netip.IPv6Unspecified(), EphemeralFirst},
		{Port{80, TCP}, netip.MustParseAddr("127.0.0.1"), EphemeralFirst},
	} {
		b, err := a.Allocate(other.HostAddr, ephemeral(other.Port.Proto))
		require.NoError(t, err)
		require.Equal(t, other, b)
	}
}

func TestRange(t *testing.T) {
	t.Parallel()
	var a Allocator
	next := func(first, last uint16) uint16 {
		t.Helper()
		b, err := a.Allocate(any4, Publication{Port: Port{80, TCP}, First: first, Last: last})
		require.NoError(t, err)
		return b.HostPort
	}
	release := func(port uint16) { a.Release(Binding{Port{80, TCP}, any4, port}) }
	require.EqualValues(t, 7001, next(7001, 7001))
	require.EqualValues(t, 7000, next(7000, 7002))
	release(7000)
	require.EqualValues(t, 7002, next(7000, 7002), "7001 is taken, and 7000 was last")
	require.EqualValues(t, 7000, next(7000, 7002))
	require.EqualValues(t, 7003, next(7000, 7003), "another range starts at its begin")
	release(7002)
	require.EqualValues(t, 7002, next(7000, 7003))
	_, err := a.Allocate(any4, Publication{Port: Port{80, TCP}, First: 7000, Last: 7002})
	require.ErrorIs(t, err, ErrAllAllocated)

	require.EqualValues(t, 65534, next(65534, 65535))
	require.EqualValues(t, 65535, next(65534, 65535))
	release(65534)
	require.EqualValues(t, 65534, next(65534, 65535))
}

// TestRoom asks before ports are taken, and changes nothing.
func TestRoom(t *testing.T) {
	t.Parallel()
	var a Allocator
	both := func(p Publication) Request {
		return Request{Publication: p, Addrs: []netip.Addr{any4, netip.IPv6Unspecified()}}
	}
	const all = EphemeralLast - EphemeralFirst + 1
	many := slices.Repeat([]Request{both(ephemeral(TCP))}, all)
	for range 2 {
		require.NoError(t, a.Room(many))
	}
	require.ErrorIs(t, a.Room(append(many, both(ephemeral(TCP)))), ErrAllAllocated)
	require.NoError(t, a.Room(append(many, both(ephemeral(UDP)))))
	b, err := a.Allocate(any4, ephemeral(TCP))
	require.NoError(t, err)
	require.EqualValues(t, EphemeralFirst, b.HostPort, "nothing was taken")
	require.ErrorIs(t, a.Room(many), ErrAllAllocated)
	taken := Publication{Port: Port{80, TCP}, First: b.HostPort, Last: b.HostPort}
	require.NoError(t, a.Room(append([]Request{both(taken)}, many...)), "another error comes first")
	spread := slices.Repeat([]Request{both(Publication{Port: Port{80, TCP}, First: 7000, Last: 7002})}, 3)
	require.NoError(t, a.Room(spread))
	require.ErrorIs(t, a.Room(append(spread, spread[0])), ErrAllAllocated)
}

func TestAllocateErrors(t *testing.T) {
	t.Parallel()
	var a Allocator
	a.Release(Binding{Port{80, TCP}, any4, 80}) // not allocated, no error
	web := Publication{Port: Port{80, TCP}, First: 8080, Last: 8080}
	for _, addr := range []netip.Addr{any4, netip.IPv6Unspecified()} {
		b, err := a.Allocate(addr, web)
		require.NoError(t, err)
		_, err = a.Allocate(addr, web)
		var bind *BindError
		require.ErrorAs(t, err, &bind)
		require.Equal(t, b.Host(), bind.Host)
		require.ErrorIs(t, err, ErrAllocated)
		require.EqualError(t, err, "Bind for "+addr.String()+":8080 failed: port is already allocated")
		a.Release(b)
		_, err = a.Allocate(addr, web)
		require.NoError(t, err)
	}
	_, err := a.Allocate(any4, Publication{Port: Port{80, TCP}, First: 0, Last: 5})
	require.ErrorIs(t, err, ErrRange)
	require.EqualError(t, err, "invalid port range: 0-5")
	_, err = a.Allocate(any4, Publication{Port: Port{80, TCP}, First: 6, Last: 5})
	require.ErrorIs(t, err, ErrRange)
}

func TestBind(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	for _, test := range []struct {
		name    string
		pub     Publication
		refuses int // how many listens fail
		tried   []uint16
		ok      bool
	}{
		{"ephemeral", ephemeral(TCP), 0, []uint16{32768}, true},
		{"the next after one that others have", ephemeral(UDP), 2, []uint16{32768, 32769, 32770}, true},
		{"ten are tried", ephemeral(TCP), 99, []uint16{
			32768, 32769, 32770, 32771, 32772, 32773, 32774, 32775, 32776, 32777}, false},
		{"a port is tried once", Publication{Port: Port{80, TCP}, First: 80, Last: 80}, 1, []uint16{80}, false},
		{"and so is a range", Publication{Port: Port{80, TCP}, First: 80, Last: 90}, 1, []uint16{80}, false},
		{"SCTP is not tried", ephemeral(SCTP), 0, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var a Allocator
			var tried []uint16
			list, err := a.Bind(Request{Publication: test.pub, Addrs: []netip.Addr{any4}}, func(b Binding) error {
				require.Equal(t, test.pub.Port, b.Port)
				require.Equal(t, any4, b.HostAddr)
				if tried = append(tried, b.HostPort); len(tried) <= test.refuses {
					return refused
				}
				return nil
			}, nil)
			require.Equal(t, test.tried, tried)
			if test.ok {
				require.NoError(t, err)
				b := list[0]
				require.Equal(t, tried[len(tried)-1], b.HostPort)
				tried = tried[:len(tried)-1]
				_, err = a.Allocate(any4, Publication{Port: test.pub.Port, First: b.HostPort, Last: b.HostPort})
				require.ErrorIs(t, err, ErrAllocated)
			} else {
				var proxy *ListenError
				require.ErrorAs(t, err, &proxy)
				want := refused
				if test.pub.Port.Proto == SCTP {
					want = ErrProtocol
				}
				require.Equal(t, want, proxy.Err)
				require.ErrorIs(t, err, want)
				require.EqualError(t, err, want.Error())
			}
			for _, port := range tried { // what failed is free again
				_, err := a.Allocate(any4, Publication{Port: test.pub.Port, First: port, Last: port})
				require.NoError(t, err)
			}
		})
	}
}

// TestNoPortTwice has many take and release ports at once.
func TestNoPortTwice(t *testing.T) {
	t.Parallel()
	var a Allocator
	var mu sync.Mutex // guards held
	held := make(map[Binding]bool)
	var users sync.WaitGroup
	for user := range 8 {
		users.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(user)))
			var mine []Binding
			for range 2000 {
				if len(mine) > 0 && rng.IntN(2) == 0 {
					i := rng.IntN(len(mine))
					b := mine[i]
					mine[i] = mine[len(mine)-1]
					mine = mine[:len(mine)-1]
					mu.Lock()
					delete(held, b)
					mu.Unlock()
					a.Release(b)
					continue
				}
				first := uint16(1 + rng.IntN(20))
				b, err := a.Allocate(any4, Publication{Port: Port{0, Proto(rng.IntN(2))}, First: first, Last: first + uint16(rng.IntN(20))})
				if err != nil {
					continue
				}
				mu.Lock()
				if held[b] {
					t.Error(b, "twice")
				}
				held[b] = true
				mu.Unlock()
				mine = append(mine, b)
			}
		})
	}
	users.Wait()
	require.NotEmpty(t, held)
}
