package engine

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"drydock/dnsd"
)

func addrs(list ...string) (a []netip.Addr) {
	for _, s := range list {
		a = append(a, netip.MustParseAddr(s))
	}
	return a
}

// TestResolvConf has the files that Docker Engine 20.10.24 was seen to write.
func TestResolvConf(t *testing.T) {
	t.Parallel()
	const google = "\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n"
	const lab = "nameserver 172.16.80.53\n"
	const commented = "# host comment\nsearch lan.test example.test\nnameserver 172.16.80.53\nnameserver 172.16.80.1\noptions timeout:1 attempts:1\n"
	type run struct {
		dns             []netip.Addr
		search, options []string
	}
	for _, tt := range []struct {
		name, host       string
		run              run
		bridge, embedded string
		ipv6             bool
	}{
		{"plain", lab, run{}, lab, "nameserver 127.0.0.11\noptions ndots:0\n", false},
		{"empty", "\n", run{}, "\n" + google, "nameserver 127.0.0.11\noptions ndots:0\n", false},
		{"all", commented, run{}, commented, "search lan.test example.test\nnameserver 127.0.0.11\noptions timeout:1 attempts:1 ndots:0\n", false},
		{"loopback", "nameserver 127.0.0.53\n", run{}, google, "nameserver 127.0.0.11\noptions ndots:0\n", false},
		{"loopback and other", "nameserver 127.0.0.53\n" + lab, run{}, lab, "nameserver 127.0.0.11\noptions ndots:0\n", false},
		{"IPv6 loopback", "nameserver ::1\n" + lab, run{}, lab, "nameserver 127.0.0.11\noptions ndots:0\n", false},
		{"search behind", lab + "search changed.test\n", run{}, lab + "search changed.test\n",
			"search changed.test\nnameserver 127.0.0.11\noptions ndots:0\n", false},
		{"d1", lab, run{addrs("172.16.80.53"), []string{"example.test"}, []string{"timeout:1", "ndots:2"}},
			"search example.test\nnameserver 172.16.80.53\noptions timeout:1 ndots:2\n",
			"search example.test\nnameserver 127.0.0.11\noptions timeout:1 ndots:2\n", false},
		{"d2", lab, run{nil, []string{"net"}, nil}, "search net\n" + lab, "search net\nnameserver 127.0.0.11\noptions ndots:0\n", false},
		{"d3", lab, run{addrs("172.16.80.53"), []string{"example.test"}, []string{"ndots:3"}},
			"search example.test\nnameserver 172.16.80.53\noptions ndots:3\n",
			"search example.test\nnameserver 127.0.0.11\noptions ndots:3\n", false},
		{"d4", lab, run{nil, []string{"."}, nil}, lab, "nameserver 127.0.0.11\noptions ndots:0\n", false},
		{"d9", lab, run{addrs("172.16.80.53", "172.16.80.1", "1.1.1.1", "8.8.8.8"), nil, nil},
			"nameserver 172.16.80.53\nnameserver 172.16.80.1\nnameserver 1.1.1.1\nnameserver 8.8.8.8\n",
			"nameserver 127.0.0.11\noptions ndots:0\n", false},
		{"IPv6, of which the container has none", "nameserver fd00::53\n" + lab, run{}, lab, "nameserver 127.0.0.11\noptions ndots:0\n", false},
		{"IPv6", "nameserver fd00::53\n" + lab, run{}, "nameserver fd00::53\n" + lab,
			"nameserver 127.0.0.11\nnameserver fd00::53\noptions ndots:0\n", true},
		{"IPv6 empty", "\n", run{}, "\n" + google + "nameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844",
			"nameserver 127.0.0.11\nnameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844\noptions ndots:0\n", true},
		{"six", lab, run{addrs("fd00:9::53"), nil, nil}, "nameserver fd00:9::53\n",
			"nameserver 127.0.0.11\nnameserver fd00:9::53\noptions ndots:0\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			conf := ResolvConf{Host: tt.host, IPv6: tt.ipv6, Nameservers: tt.run.dns, Search: tt.run.search, Options: tt.run.options}
			require.Equal(t, tt.bridge, Docker20.ResolvConf(conf))
			if len(tt.run.dns)+len(tt.run.search)+len(tt.run.options) == 0 {
				conf.IPv6 = true
				require.Equal(t, tt.bridge, Docker20.JoinResolvConf(Docker20.ResolvConf(conf), tt.ipv6))
			}
			require.Equal(t, tt.embedded, Docker20.EmbeddedResolvConf(tt.bridge))
		})
	}
}

// FuzzResolvConf: no nameserver of a loopback address gets into a container.
func FuzzResolvConf(f *testing.F) {
	f.Add("search a b\nnameserver 127.0.0.1\nnameserver 10.0.0.1\noptions ndots:3 timeout:99\n")
	f.Add("nameserver fe80::1%e\nnameserver ::1\ndomain .\n#\n;\noptions attempts:0")
	f.Fuzz(func(t *testing.T, text string) {
		for _, a := range dnsd.ParseResolvConf(Docker20.ResolvConf(ResolvConf{Host: text, IPv6: true})).Nameservers {
			require.False(t, a.IsLoopback())
		}
	})
}
