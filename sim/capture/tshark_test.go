package capture_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"drydock/nat/iptables"
	"drydock/sim/capture"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tshark returns what tshark prints of a file, line by line.
func tshark(t *testing.T, file string, args ...string) []string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("tshark", append([]string{"-r", file}, args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	for line := range strings.Lines(stderr.String()) {
		require.Contains(t, line, "Running as user", "a complaint") // that is none about the file
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// TestTshark has tshark read a file with HTTPS, a drop and a ring.
func TestTshark(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("needs tshark")
	}
	file := filepath.Join(t.TempDir(), "all.pcapng")
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		web, cli := simtest.Run(t, host, "web"), simtest.Run(t, host, "cli")
		out, err := os.Create(file)
		require.NoError(t, err)
		defer out.Close()
		c := start(t, out, capture.Machine(host.Machine), capture.Comment("of TestTshark"))
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 300_000)) }))
		server.TLS = &tls.Config{KeyLogWriter: c.KeyLog()}
		server.Listener.Close()
		l, err := web.Listen(context.Background(), "tcp", ":443")
		require.NoError(t, err)
		server.Listener = l
		server.StartTLS()
		defer server.Close()
		client := &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return cli.DialContext(ctx, network, net.JoinHostPort(web.IP().String(), "443"))
			},
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true, KeyLogWriter: c.KeyLog()},
		}}
		resp, err := client.Get("https://web/secret")
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		resp.Body.Close()
		client.CloseIdleConnections()
		require.NoError(t, iptables.Run(io.Discard, host.Firewall().IPv4(), "-I", "DOCKER-USER", "-p", "icmp", "-j", "DROP"))
		ping1(t, &cli.Netns, web.IP())
		require.NoError(t, c.Stop())
	})

	names := strings.Join(tshark(t, file, "-T", "fields", "-e", "frame.interface_name"), "\n")
	for _, want := range []string{"web eth0", "cli eth0", "docker docker0 dropped"} {
		assert.Contains(t, names, want)
	}
	assert.Contains(t, tshark(t, file, "-Y", "frame.comment", "-T", "fields", "-e", "frame.comment"),
		"dropped: rule in FORWARD: -A DOCKER-USER -p icmp -j DROP")
	assert.NotEqual(t, []string{""}, tshark(t, file, "-Y", "frame.p2p_dir || frame.packet_flags_direction == 1"))
	assert.Contains(t, strings.Join(tshark(t, file, "-Y", "http"), "\n"), "GET /secret", "decrypted")

	one := filepath.Join(t.TempDir(), "one.pcapng")
	tshark(t, file, "-w", one, "-Y", `frame.interface_name == "web eth0"`)
	assert.Equal(t, []string{""}, tshark(t, one, "-Y", "_ws.malformed"))
	assert.Equal(t, []string{""}, tshark(t, one, "-Y", "tcp.analysis.flags && !tcp.analysis.window_update"), "no suspected retransmission")
}
