package libcbin

import (
	"bytes"
	"context"
	"maps"
	"net"
	"net/netip"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/tooltest"

	"github.com/stretchr/testify/assert"
)

// debian is a part of Debian's files.
var debian = tooltest.Files{
	"etc/services":  "# Network services\n\ndomain\t53/tcp\t# Domain Name Server\ndomain\t53/udp\nhttp\t80/tcp\twww\n",
	"etc/protocols": "ip\t0\tIP\t# internet protocol\ntcp\t6\tTCP\n",
	"etc/passwd":    "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
}

func getent(t *testing.T, m command.Machine, line string) (string, int) {
	var out bytes.Buffer
	call := &command.Call{Machine: m, Args: strings.Fields("getent " + line), Stdout: &out, Stderr: &out}
	status := Commands().Run(t.Context(), call)
	return out.String(), status
}

// TestHosts has what getent printed in containers of Docker Engine 20.10.24.
func TestHosts(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		server := simtest.Run(t, h, "nginx_server2")
		linked := simtest.Run(t, h, "nginx_server3", sim.WithLink(server, "ng2"), sim.WithHostname("h3"))
		n := simtest.NewNetwork(t, h, "net", sim.WithSubnet(netip.MustParsePrefix("fd00:9::/64")))
		simtest.Run(t, h, "test2", sim.WithNetwork(n))
		simtest.Run(t, h, "six", sim.WithNetwork(n))
		cli := simtest.Run(t, h, "cli", sim.WithNetwork(n))
		for _, tt := range []struct {
			m      command.Machine
			line   string
			status int
			want   string
		}{
			{linked, "hosts ng2", 0, "172.17.0.2      ng2 13e5241fe096 nginx_server2\n"},
			{linked, "hosts 172.17.0.2", 0, "172.17.0.2      ng2 13e5241fe096 nginx_server2\n"},
			{linked, "ahosts nginx_server2", 0, "172.17.0.2      STREAM ng2\n172.17.0.2      DGRAM  \n172.17.0.2      RAW    \n"},
			{linked, "hosts nosuch ng2", 2, "172.17.0.2      ng2 13e5241fe096 nginx_server2\n"},
			{linked, "hosts localhost", 0, "::1             localhost ip6-localhost ip6-loopback\n"},
			{linked, "ahostsv4 ::1", 2, ""},
			{linked, "ahostsv6 127.0.0.1", 0, "::ffff:127.0.0.1 STREAM 127.0.0.1\n::ffff:127.0.0.1 DGRAM  \n::ffff:127.0.0.1 RAW    \n"},
			{cli, "hosts test2", 0, "fd00:9::2       test2\n"},
			{cli, "ahostsv4 test2", 0, "172.18.0.2      STREAM test2\n172.18.0.2      DGRAM  \n172.18.0.2      RAW    \n"},
			{cli, "hosts 172.18.0.2", 0, "172.18.0.2      test2.net\n"},
			{cli, "hosts nosuch", 2, ""},
			{cli, "foo x", 1, "Unknown database: foo\n" + try},
			{cli, "", 1, "getent: wrong number of arguments\n" + try},
			{cli, "-x", 64, "getent: invalid option -- 'x'\n" + try},
		} {
			got, status := getent(t, tt.m, tt.line)
			assert.Equal(t, tt.status, status, tt.line)
			assert.Equal(t, strings.ReplaceAll(tt.want, "13e5241fe096", server.ID()[:12]), got, tt.line)
		}
	})
}

// TestFiles has what getent printed of Debian's files.
func TestFiles(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/hosts"] = "1.2.3.4\ta b\n#comment\n::1\tc d\nfe00::0\tx\n"
	for line, want := range map[string]string{
		"services http":       "http                  80/tcp www\n",
		"services www/tcp":    "http                  80/tcp www\n",
		"services 53/udp":     "domain                53/udp\n",
		"services 53":         "domain                53/tcp\n",
		"services":            "domain                53/tcp\ndomain                53/udp\nhttp                  80/tcp www\n",
		"services nosuch":     "",
		"services http/udp":   "",
		"protocols tcp":       "tcp                   6 TCP\n",
		"protocols 6":         "tcp                   6 TCP\n",
		"passwd root 1":       "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
		"passwd root nosuch":  "root:x:0:0:root:/root:/bin/bash\n",
		"group":               "",
		"hosts":               "1.2.3.4         a b\n127.0.0.1       c d\n",
		"ahosts":              "1.2.3.4         a b\n127.0.0.1       c d\n",
		"protocols nosuch":    "",
		"services 99999999/x": "",
	} {
		var out bytes.Buffer
		Commands().Run(t.Context(), &command.Call{Machine: nobody{}, Files: files, Args: strings.Fields("getent " + line), Stdout: &out, Stderr: &out})
		got := out.String()
		assert.Equal(t, want, got, line)
	}
}

// FuzzHosts has hostile files.
func FuzzHosts(f *testing.F) {
	f.Add("1.2.3.4 a b\n", "http 80/tcp www # x\n", "a")
	f.Add("::1", "x 99999/\n/ /", "1")
	f.Fuzz(func(t *testing.T, hosts, services, key string) {
		files := tooltest.Files{"etc/hosts": hosts, "etc/services": services}
		for _, database := range []string{"hosts", "services"} {
			call := &command.Call{Machine: nobody{}, Files: files, Args: []string{"getent", database, "--", key}}
			if status := Commands().Run(t.Context(), call); status != 0 && status != 2 {
				t.Errorf("%q: %d", key, status)
			}
		}
	})
}

// nobody is a machine without names.
type nobody struct{ command.Machine }

func (nobody) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}
