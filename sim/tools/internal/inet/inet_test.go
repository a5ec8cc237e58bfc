package inet

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/tooltest"

	"github.com/stretchr/testify/assert"
)

// TestParseAddr has what inet_aton(3) takes and refuses.
func TestParseAddr(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"1.2.3.4": "1.2.3.4", "1.2.3": "1.2.0.3", "1.2": "1.0.0.2", "1": "0.0.0.1", "0": "0.0.0.0",
		"127.1": "127.0.0.1", "1.2.65535": "1.2.255.255", "1.16777215": "1.255.255.255", "4294967295": "255.255.255.255",
		"0x7f.1": "127.0.0.1", "0X7F000001": "127.0.0.1", "010.0.0.1": "8.0.0.1", "::1": "::1", "fe80::1%eth0": "fe80::1%eth0",
	} {
		a, ok := ParseAddr(s)
		assert.True(t, ok, s)
		assert.Equal(t, want, a.String())
	}
	for _, s := range []string{
		"", ".", "1.", "1..2", "300.1.1.1", "1.2.3.256", "1.2.65536", "1.16777216", "4294967296", "1.2.3.4.5",
		"08", "0x", "0xg", "-1", "+1", "1 ", "web", "1.2.3.web", ":::", "1:2",
	} {
		_, ok := ParseAddr(s)
		assert.False(t, ok, s)
	}
}

func FuzzParseAddr(f *testing.F) {
	for _, s := range []string{"1.2.3", "0x7f.1", "::1", "fe80::1%eth0", "08", "a.b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, ok := ParseAddr(s)
		if want, err := netip.ParseAddr(s); err == nil && (!ok || a != want) {
			t.Errorf("%q is %v, %v", s, a, ok)
		}
	})
}

func TestBroadcast(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"172.17.0.2/16": "172.17.255.255", "10.0.0.1/30": "10.0.0.3", "10.0.0.1/8": "10.255.255.255",
		"10.0.0.1/31": "invalid IP", "10.0.0.1/32": "invalid IP", "127.0.0.1/8": "invalid IP", "fd00::1/64": "invalid IP",
	} {
		assert.Equal(t, want, Broadcast(netip.MustParsePrefix(s)).String(), s)
	}
}

// TestGAIError has what getaddrinfo(3) says.
func TestGAIError(t *testing.T) {
	t.Parallel()
	nobody := lookup{}
	for _, tt := range []struct{ network, host, want string }{
		{"ip", "1.2.3.4", "[1.2.3.4] "}, {"ip6", "::1", "[::1] "}, {"ip4", "::ffff:1.2.3.4", "[1.2.3.4] "},
		{"ip4", "::1", "[] Address family for hostname not supported"},
		{"ip", "nosuch", "[] Name or service not known"}, {"ip", "later", "[] Temporary failure in name resolution"},
	} {
		addrs, err := GetAddrInfo(t.Context(), nobody, tt.network, tt.host)
		words := ""
		if err != nil {
			words = GAIError(err)
		}
		assert.Equal(t, tt.want, fmt.Sprint(addrs, " ", words), tt.host)
	}
}

// lookup is a machine that finds no names.
type lookup struct{ command.Machine }

func (lookup) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "no", Name: host, IsNotFound: host == "nosuch", IsTemporary: host == "later"}
}

// TestServices has lines of /etc/services, good ones and others.
func TestServices(t *testing.T) {
	t.Parallel()
	text := "# x\nhttp\t80/tcp\twww # World Wide Web\nhttp 80/udp\nhalf\nbig 99999/tcp\n"
	var list Services
	table := command.Table{"read": func(_ context.Context, c *command.Call) int { list = ReadServices(c); return 0 }}
	table.Run(t.Context(), &command.Call{Args: []string{"read"}, Files: tooltest.Files{"etc/services": text}})
	assert.Equal(t, Services{{"http", 80, "tcp", []string{"www"}}, {"http", 80, "udp", []string{}}}, list)
	s, ok := list.Find("www", "")
	assert.True(t, ok)
	assert.Equal(t, "tcp", s.Protocol)
	_, ok = list.Find("www", "udp")
	assert.False(t, ok)
	_, ok = list.At(81, "tcp")
	assert.False(t, ok)
}
