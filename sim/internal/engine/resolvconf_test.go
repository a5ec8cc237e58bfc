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
			conf := ResolvConf{Host: tt.host, Nameservers: tt.run.dns, Search: tt.run.search, Options: tt.run.options}
			text := Docker20.ResolvConf(conf)
			if !conf.given() {
				text = Docker20.JoinResolvConf(text, tt.ipv6)
			}
			require.Equal(t, tt.bridge, text)
			require.Equal(t, tt.embedded, Docker20.EmbeddedResolvConf(ResolvConf{}, tt.bridge, false))
		})
	}
}

// TestResolvConfOfHost has what Docker Engine 20.10.24 was seen to make of odd files of the host.
func TestResolvConfOfHost(t *testing.T) {
	t.Parallel()
	const one = "nameserver 127.0.1.1\n"
	const two = "nameserver 127.0.1.1\nnameserver 172.16.80.53\nsearch a.b\noptions timeout:1\n"
	const three = "# c\nnameserver 172.16.80.53 # the dns\nnameserver fe80::1%ens33\nsearch a\nsearch b c\noptions x\noptions y z\ndomain foo\n"
	for _, tt := range []struct {
		name, want string
		conf       ResolvConf
	}{
		{"search beside loopback", "search foo.com\nnameserver 127.0.1.1\n", ResolvConf{Host: one, Search: []string{"foo.com"}}},
		{"option beside loopback", "nameserver 127.0.1.1\noptions ndots:2\n", ResolvConf{Host: one, Options: []string{"ndots:2"}}},
		{"search", "search foo.com\nnameserver 127.0.1.1\nnameserver 172.16.80.53\noptions timeout:1\n", ResolvConf{Host: two, Search: []string{"foo.com"}}},
		{"search .", "nameserver 127.0.1.1\nnameserver 172.16.80.53\noptions timeout:1\n", ResolvConf{Host: two, Search: []string{"."}}},
		{"option", "search b c\nnameserver 172.16.80.53\nnameserver fe80::1%ens33\noptions q\n", ResolvConf{Host: three, Options: []string{"q"}}},
		{"nameserver", "search b c\nnameserver 1.1.1.1\noptions y z\n", ResolvConf{Host: three, Nameservers: addrs("1.1.1.1")}},
		{"no file", "search foo.com\n", ResolvConf{Search: []string{"foo.com"}}},
	} {
		require.Equal(t, tt.want, Docker20.ResolvConf(tt.conf), tt.name)
	}
	for host, want := range map[string]string{
		three:                              "search b c\nnameserver 127.0.0.11\nnameserver fe80::1%ens33\noptions y z ndots:0\n",
		"options xndots:3\n":               "nameserver 127.0.0.11\noptions xndots:3\n",
		"options ndots:3\noptions x\n":     "nameserver 127.0.0.11\noptions x ndots:0\n",
		"search a\nsearch .\n":             "nameserver 127.0.0.11\noptions ndots:0\n",
		"search a # b\noptions c#d e\n":    "search a\nnameserver 127.0.0.11\noptions c ndots:0\n",
		"domain a\n; search b\n":           "nameserver 127.0.0.11\noptions ndots:0\n",
		"  search a\n\tnameserver 1::2 \n": "search a\nnameserver 127.0.0.11\nnameserver 1::2\noptions ndots:0\n",
	} {
		require.Equal(t, want, Docker20.EmbeddedResolvConf(ResolvConf{}, host, false), host)
	}
}

// TestUpstreams: the resolver asks whom the host asks, there if that is by a loopback address.
func TestUpstreams(t *testing.T) {
	t.Parallel()
	const host = "nameserver 127.0.1.1\nnameserver ::1\nnameserver 172.16.80.53 # the dns\n"
	up := func(addr string, onHost bool) Upstream { return Upstream{netip.MustParseAddr(addr), onHost} }
	lab := up("172.16.80.53", false)
	for _, tt := range []struct {
		name      string
		made      ResolvConf
		text      string
		want, old []Upstream
	}{
		{"host", ResolvConf{Host: host}, "", []Upstream{up("127.0.1.1", true), lab}, []Upstream{lab}},
		{"search", ResolvConf{Host: host, Search: []string{"a"}}, "", []Upstream{up("127.0.1.1", false), lab}, []Upstream{up("127.0.1.1", false), lab}},
		{"given", ResolvConf{Host: host, Nameservers: addrs("127.0.0.1")}, "", []Upstream{up("127.0.0.1", false)}, []Upstream{up("127.0.0.1", false)}},
		{"none of IPv4", ResolvConf{Host: "nameserver ::1\n"}, "nameserver 8.8.8.8\n", []Upstream{up("8.8.8.8", false)}, []Upstream{up("8.8.8.8", false), up("8.8.4.4", false)}},
		{"of a program", ResolvConf{}, "nameserver 127.0.0.2\n", []Upstream{up("127.0.0.2", false)}, []Upstream{up("127.0.0.2", false)}},
	} {
		require.Equal(t, tt.want, Docker20.Upstreams(tt.made, tt.text), tt.name)
		require.Equal(t, tt.old, Docker113.Upstreams(tt.made, tt.text), tt.name)
	}
}

// FuzzResolvConf: what is written is read as it was meant.
func FuzzResolvConf(f *testing.F) {
	f.Add("search a b\nnameserver 127.0.0.1\nnameserver 10.0.0.1\noptions ndots:3 timeout:99\n")
	f.Add("nameserver fe80::1%e\nnameserver ::1\ndomain .\n#\n;\noptions attempts:0")
	f.Fuzz(func(t *testing.T, text string) {
		filtered := Docker20.ResolvConf(ResolvConf{Host: text})
		embedded := Docker20.EmbeddedResolvConf(ResolvConf{}, filtered, false)
		require.Equal(t, embedded, Docker20.EmbeddedResolvConf(ResolvConf{}, embedded, false))
		require.Equal(t, dnsd.Embedded, dnsd.ParseResolvConf(embedded).Nameservers[0])
	})
}
