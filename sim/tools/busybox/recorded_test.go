package busybox

import (
	"bytes"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/tooltest"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// client returns the client of the recordings, 172.17.0.2. Its server, of names too, is
// 172.17.0.3.
func client(t *testing.T) *sim.Container {
	h := simtest.NewHost(t)
	cli := simtest.Run(t, h, "cli", sim.WithAddHost("web:172.17.0.3", "db:172.17.0.3"),
		sim.WithDNS(netip.MustParseAddr("172.17.0.3")), sim.WithDNSSearch("example.test", "lan.test"))
	web := simtest.Run(t, h, "web")
	tooltest.ServeDNS(t, web)
	l, err := web.Listen(t.Context(), "tcp", ":80")
	require.NoError(t, err)
	server := &http.Server{Handler: tooltest.Web()}
	ended := make(chan error)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Close()
		<-ended
	})
	return cli
}

// TestRecordings has what BusyBox 1.35 printed in a network namespace.
func TestRecordings(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"nslookup", "wget"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				call := command.Call{Machine: client(t)}
				tooltest.Replay(t, "testdata/"+name+".txt", Commands(), call, `(Date: ).*`)
			})
		})
	}
}

// TestTimes has how long the applets wait.
func TestTimes(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		call := command.Call{Machine: client(t)}
		for _, tt := range []struct {
			line, want string
			took       time.Duration
		}{
			{"wget -q -T 2 web/slow", "wget: download timed out\n(exit status 1)\n", 2 * time.Second},
			{"wget -q -T 2 172.17.0.9", "wget: download timed out\n(exit status 1)\n", 2 * time.Second},
			{"nslookup slow.", ";; connection timed out; no servers could be reached\n\n(exit status 1)\n", 5 * time.Second},
			{"nslookup x 172.17.0.2", "nslookup: read: Connection refused\nnslookup: read: Connection refused\n" +
				";; connection timed out; no servers could be reached\n\n(exit status 1)\n", 5 * time.Second},
		} {
			start := time.Now()
			assert.Equal(t, tt.want, tooltest.Output(t, Commands(), call, "busybox "+tt.line), tt.line)
			assert.Equal(t, tt.took, time.Since(start), tt.line)
		}
		require.Equal(t, banner+"\nUsage: "+wgetUsage+"(exit status 1)\n", tooltest.Output(t, Commands(), call, "busybox wget"))
		require.Equal(t, banner+"\nUsage: "+nslookupUsage+"(exit status 1)\n", tooltest.Output(t, Commands(), call, "busybox nslookup -x"))
	})
}

// FuzzNslookup has hostile replies and command lines.
func FuzzNslookup(f *testing.F) {
	m := new(dns.Msg).SetQuestion("example.test.", dns.TypeSOA)
	b, _ := m.Pack()
	f.Add(b, "-type=mx", "x")
	f.Add([]byte("000000000000"), "::1", "-type=")
	f.Fuzz(func(t *testing.T, b []byte, first, second string) {
		n := &lookup{Call: &command.Call{Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}}}
		words, err := n.parse([]string{first, second})
		if err == nil && len(words) > 0 {
			for _, q := range n.questions(words[0]) {
				q.Name = dns.Fqdn(q.Name)
				new(dns.Msg).SetQuestion(q.Name, q.Qtype).Pack()
			}
		}
		m := new(dns.Msg)
		if m.Unpack(b) == nil {
			n.show(dns.Question{Name: "x"}, m)
		}
	})
}
