package ports

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

var bindings = []Binding{
	{Port{80, TCP}, netip.IPv4Unspecified(), 8080},
	{Port{80, TCP}, netip.IPv6Unspecified(), 8080},
	{Port{53, UDP}, netip.MustParseAddr("::1"), 5353},
}

func TestBinding(t *testing.T) {
	t.Parallel()
	for i, want := range []struct{ network, host string }{
		{"tcp4", "0.0.0.0:8080"}, {"tcp6", "[::]:8080"}, {"udp6", "[::1]:5353"},
	} {
		require.Equal(t, want.network, bindings[i].Network())
		require.Equal(t, want.host, bindings[i].Host().String())
	}
}

// TestColumn adds to the recordings what they do not show.
func TestColumn(t *testing.T) {
	t.Parallel()
	v4 := netip.IPv4Unspecified()
	require.Empty(t, Column(nil, nil))
	require.Equal(t, "80-82/tcp", Column([]Port{{82, TCP}, {80, TCP}, {81, TCP}, {81, TCP}}, nil))
	require.Equal(t, "0/udp, 65534-65535/tcp", Column([]Port{{65534, TCP}, {65535, TCP}, {0, UDP}}, nil))
	require.Equal(t, "80/tcp, 82/tcp, 80/udp", Column([]Port{{80, TCP}, {80, UDP}, {82, TCP}}, nil))
	require.Equal(t, "0.0.0.0:80-81->80-81/tcp, 0.0.0.0:8082->82/tcp", Column([]Port{{81, TCP}}, []Binding{
		{Port{82, TCP}, v4, 8082}, {Port{80, TCP}, v4, 80}, {Port{81, TCP}, v4, 81},
	}))
	require.Equal(t, "0.0.0.0:80->80/tcp, 127.0.0.1:80->80/tcp, 0.0.0.0:9->80/tcp", Column(nil, []Binding{
		{Port{80, TCP}, netip.MustParseAddr("127.0.0.1"), 80}, {Port{80, TCP}, v4, 80}, {Port{80, TCP}, v4, 9},
	}))
}

func TestPortCompare(t *testing.T) {
	t.Parallel()
	want := []Port{{53, TCP}, {53, UDP}, {53, SCTP}, {80, TCP}, {443, TCP}}
	got := []Port{{80, TCP}, {53, SCTP}, {443, TCP}, {53, UDP}, {53, TCP}}
	slices.SortFunc(got, Port.Compare)
	require.Equal(t, want, got)
	require.Equal(t, "53/udp", Port{53, UDP}.String())
	require.Equal(t, "Proto(7)", Proto(7).String())
}
