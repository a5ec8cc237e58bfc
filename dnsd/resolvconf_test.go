package dnsd_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"drydock/dnsd"
)

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
