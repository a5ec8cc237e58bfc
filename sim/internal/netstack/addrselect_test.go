package netstack

import (
	"net/netip"
	"strings"
	"testing"

	"drydock/sim/internal/addrselect"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// newSelectStack returns a stack with eth0, of these addresses and with default routes,
// where the name "x" has the addresses answer. With IPv6 on eth0, lo has ::1.
func newSelectStack(t *testing.T, own, answer string) *Stack {
	end, _, err := veth.Pair(veth.WithSeed(1))
	require.NoError(t, err)
	s := New(Options{Seed: 1, Resolver: names{"x": addrs(strings.Fields(answer)...)}})
	t.Cleanup(s.Close)
	require.NoError(t, s.AddLoopback())
	require.NoError(t, s.AddNIC(2, "eth0", end))
	for _, a := range strings.Fields(own) {
		p := netip.MustParsePrefix(a)
		require.NoError(t, s.AddAddr(2, p))
		if p.Addr().Is6() {
			require.NoError(t, s.SetIPv6(true))
		}
		if !p.Addr().IsLinkLocalUnicast() {
			s.SetDefault(2, p.Masked().Addr().Next())
		}
	}
	return s
}

func TestOrderOfAddresses(t *testing.T) {
	t.Parallel()
	const (
		v4     = "172.18.0.2/16"
		ula    = "172.18.0.2/16 fe80::2/64 fd00:1::2/64"
		global = "172.18.0.2/16 fe80::2/64 2001:db8:1::2/64"
	)
	for _, tt := range []struct {
		name, own, answer string
		inGo, libc        string // "": as inGo
	}{
		{"without IPv6 it is unusable", v4, "fd00:1::3 172.18.0.3", "172.18.0.3 fd00:1::3", ""},
		{"localhost without IPv6", v4, "::1 127.0.0.1", "127.0.0.1 ::1", ""},
		{"localhost", ula, "127.0.0.1 ::1", "::1 127.0.0.1", ""},
		{"unusable ones stay in order", v4, "fd00:1::3 2001:db8:1::3 fe80::9%eth0", "fd00:1::3 2001:db8:1::3 fe80::9%eth0", ""},
		{"no such zone, no zone", ula, "fe80::9%eth7 fe80::9 172.18.0.3", "172.18.0.3 fe80::9%eth7 fe80::9", ""},
		{"unique local, IPv6 first", ula, "fd00:1::3 172.18.0.3", "172.18.0.3 fd00:1::3", "fd00:1::3 172.18.0.3"},
		{"unique local, IPv4 first", ula, "172.18.0.3 fd00:1::3", "172.18.0.3 fd00:1::3", "fd00:1::3 172.18.0.3"},
		{"mapped", ula, "fd00:1::3 ::ffff:172.18.0.3", "172.18.0.3 fd00:1::3", "fd00:1::3 172.18.0.3"},
		{"global", global, "172.18.0.3 2001:db8:1::3", "2001:db8:1::3 172.18.0.3", ""},
		{"global from unique local has another label", ula, "2001:db8:1::3 172.18.0.3", "172.18.0.3 2001:db8:1::3", ""},
		{"unique local from global has another label", global, "fd00:1::3 172.18.0.3", "172.18.0.3 fd00:1::3", ""},
		{"Teredo from global has another label", global, "2001::1 172.18.0.3", "172.18.0.3 2001::1", ""},
		{"rule 2 before rule 5", ula, "169.254.0.9 2001:db8:1::3", "2001:db8:1::3 169.254.0.9", ""},
		{"multicast", global, "ff05::1 172.18.0.3 ff0e::1", "ff0e::1 172.18.0.3 ff05::1", ""},
		{"rule 8", global, "2001:db8:1::3 fe80::9%eth0", "fe80::9%eth0 2001:db8:1::3", ""},
		{"rule 9", ula, "fd00:2::3 fd00:1::3", "fd00:1::3 fd00:2::3", ""},
		{"rule 9 within a /64", ula, "fd00:1::8 fd00:1::3", "fd00:1::8 fd00:1::3", "fd00:1::3 fd00:1::8"},
		{"no rule 9 for IPv4", ula, "172.18.0.9 172.18.0.3 10.0.0.1 172.18.0.4", "172.18.0.9 172.18.0.3 10.0.0.1 172.18.0.4", ""},
		{"each row", ula,
			"fec0::1 3ffe::1 ::9 2001::1 2002::1 2001:db8::1 172.18.0.3 fd00:9::1 ::1",
			"::1 172.18.0.3 fd00:9::1 2001:db8::1 2002::1 2001::1 3ffe::1 ::9 fec0::1",
			"::1 fd00:9::1 172.18.0.3 3ffe::1 2001::1 2001:db8::1 2002::1 ::9 fec0::1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSelectStack(t, tt.own, tt.answer)
			if tt.libc == "" {
				tt.libc = tt.inGo
			}
			got, err := s.LookupNetIP(bg, "ip", "x")
			require.NoError(t, err)
			assert.Equal(t, addrs(strings.Fields(tt.inGo)...), got, "package net")
			got, err = s.GetAddrInfo(bg, "ip", "x")
			require.NoError(t, err)
			assert.Equal(t, addrs(strings.Fields(tt.libc)...), got, "glibc")
		})
	}
}

// TestOrderOfLabels has sources with the labels of rows that are rare, so that only
// their destinations match.
func TestOrderOfLabels(t *testing.T) {
	t.Parallel()
	for _, own := range []string{"2002:1::2/64", "2001:0:1::2/64", "3ffe:1::2/64", "fec0:1::2/64"} {
		near := netip.MustParsePrefix(own).Addr().Next().String()
		s := newSelectStack(t, own, "2001:db8::1 "+near)
		for name, p := range map[string]*addrselect.Policy{"package net": addrselect.Go, "glibc": addrselect.Libc} {
			got, err := s.lookup(bg, p, "ip", "x")
			require.NoError(t, err)
			assert.Equal(t, addrs(near, "2001:db8::1"), got, "%s from %s", name, own)
		}
	}
}

// TestOrderIsForNames: a literal address is not ordered, and the order is that of a
// family as well.
func TestOrderIsForNames(t *testing.T) {
	t.Parallel()
	s := newSelectStack(t, "172.18.0.2/16", "169.254.0.1 172.18.0.3 fd00::3")
	for host, want := range map[string][]netip.Addr{
		"::": addrs("::", "0.0.0.0"), // though there is no IPv6
		"x":  addrs("172.18.0.3", "169.254.0.1", "fd00::3"),
	} {
		got, err := s.LookupNetIP(bg, "ip", host)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	got, err := s.LookupNetIP(bg, "ip4", "x")
	require.NoError(t, err)
	assert.Equal(t, addrs("172.18.0.3", "169.254.0.1"), got)
	_, err = s.GetAddrInfo(bg, "ip5", "x")
	assert.EqualError(t, err, "unknown network ip5")
}
