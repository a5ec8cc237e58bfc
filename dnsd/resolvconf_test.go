package dnsd_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"drydock/dnsd"
)

// TestDockerResolvConf has the files that Docker Engine 20.10.24 was seen to write.
func TestDockerResolvConf(t *testing.T) {
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
		{"empty", "", run{}, google, "nameserver 127.0.0.11\noptions ndots:0\n", false},
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
		{"IPv6 empty", "", run{}, google + "nameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844",
			"nameserver 127.0.0.11\nnameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844\noptions ndots:0\n", true},
		{"six", lab, run{addrs("fd00:9::53"), nil, nil}, "nameserver fd00:9::53\n",
			"nameserver 127.0.0.11\nnameserver fd00:9::53\noptions ndots:0\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := dnsd.HostResolvConf(tt.host, tt.ipv6)
			conf := dnsd.ParseResolvConf(text)
			if run := tt.run; run.dns != nil || run.search != nil || run.options != nil {
				conf = conf.With(run.dns, run.search, run.options)
				text = conf.String()
			}
			assert.Equal(t, tt.bridge, text)
			assert.Equal(t, tt.embedded, conf.ForEmbedded().String())
			assert.Equal(t, conf, dnsd.ParseResolvConf(conf.String()))
			v4 := slices.DeleteFunc(slices.Clone(conf.Nameservers), netip.Addr.Is6)
			assert.Len(t, conf.Upstreams(), len(v4))
			for i, server := range conf.Upstreams() {
				assert.Equal(t, netip.AddrPortFrom(v4[i], 53), server)
			}
		})
	}
}

func TestParseResolvConf(t *testing.T) {
	t.Parallel()
	conf := dnsd.ParseResolvConf("; nameserver 1.1.1.1\n#nameserver 1.1.1.1\n nameserver 1.1.1.1\nnameserver\nnameserver localhost\n" +
		"nameserver\t10.0.0.1 10.0.0.2\r\nnameserver fe80::1%eth0\ndomain one two\nsearch a. b\noptions ndots:2 debug\noptions timeout:3 unknown:x\nlookup file\nnameserver 10.0.0.3")
	assert.Equal(t, dnsd.ResolvConf{
		Search:      []string{"a.", "b"},
		Nameservers: addrs("10.0.0.1", "fe80::1%eth0", "10.0.0.3"),
		Options:     []string{"ndots:2", "debug", "timeout:3", "unknown:x"},
	}, conf)
	assert.Equal(t, []string{"one"}, dnsd.ParseResolvConf("search x\ndomain one two\n").Search)
	for _, tt := range []struct {
		options  []string
		ndots    int
		timeout  time.Duration
		attempts int
	}{
		{nil, 1, 5 * time.Second, 2},
		{[]string{"ndots:0", "timeout:0", "attempts:0"}, 0, time.Second, 1},
		{[]string{"ndots:99", "timeout:99", "attempts:99"}, 15, 30 * time.Second, 5},
		{[]string{"ndots:3", "ndots:4", "ndots:x", "timeout:-1", "attempts:99999999999"}, 4, 5 * time.Second, 2},
	} {
		conf := dnsd.ResolvConf{Options: tt.options}
		assert.Equal(t, tt.ndots, conf.Ndots(), tt.options)
		assert.Equal(t, tt.timeout, conf.Timeout(), tt.options)
		assert.Equal(t, tt.attempts, conf.Attempts(), tt.options)
	}
}
