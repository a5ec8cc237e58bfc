package sim

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHostsFile(t *testing.T) {
	t.Parallel()
	var f hostsFile
	f.addOwn(netip.MustParseAddr("172.17.0.2"), "a.b.c")
	// As Docker Engine 20.10.24 writes it.
	require.Equal(t, "127.0.0.1\tlocalhost\n"+
		"::1\tlocalhost ip6-localhost ip6-loopback\n"+
		"fe00::0\tip6-localnet\n"+
		"ff00::0\tip6-mcastprefix\n"+
		"ff02::1\tip6-allnodes\n"+
		"ff02::2\tip6-allrouters\n"+
		"172.17.0.2\ta.b.c a\n", f.String())
	for _, test := range []struct{ network, host, want string }{
		{"ip", "localhost", "[127.0.0.1 ::1]"},
		{"ip4", "localhost", "[127.0.0.1]"},
		{"ip6", "localhost", "[::1]"},
		{"ip", "LocalHost.", "[127.0.0.1 ::1]"},
		{"ip", "a.b.c", "[172.17.0.2]"},
		{"ip", "a", "[172.17.0.2]"},
		{"ip", "ip6-allnodes", "[ff02::1]"},
		{"ip6", "a", ""},
		{"ip", "b", ""},
		{"ip", "", ""},
	} {
		addrs, err := f.LookupNetIP(context.Background(), test.network, test.host)
		if test.want == "" {
			var dns *net.DNSError
			require.ErrorAs(t, err, &dns, test.host)
			require.True(t, dns.IsNotFound)
			require.Equal(t, test.host, dns.Name)
			continue
		}
		require.NoError(t, err, test.host)
		require.Equal(t, test.want, fmt.Sprint(addrs))
	}
}
