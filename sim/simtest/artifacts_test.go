package simtest

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// failureVariable says how TestFailure is to fail: in a process of its own.
const failureVariable = "SIMTEST_FAILURE"

// fail runs TestFailure with flags, and returns the log and the directories of artifacts.
func fail(t *testing.T, how string, flags ...string) (log string, dirs []string) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	out := t.TempDir()
	cmd := exec.Command(exe, append([]string{"-test.run=^TestFailure$", "-test.timeout=60s", "-test.outputdir=" + out}, flags...)...)
	cmd.Env = append(os.Environ(), failureVariable+"="+how)
	b, err := cmd.CombinedOutput()
	require.Error(t, err, "it did not fail")
	pages, err := filepath.Glob(filepath.Join(out, "_artifacts", "*", "*", "report.html"))
	require.NoError(t, err)
	flat, err := filepath.Glob(filepath.Join(out, "_artifacts", "*", "report.html")) // where the package has no path
	require.NoError(t, err)
	for _, page := range append(pages, flat...) {
		dirs = append(dirs, filepath.Dir(page))
	}
	return string(b), dirs
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return string(b)
}

const droppingRule = "-A DOCKER-USER -p tcp -m tcp --dport 80 -j DROP"

// TestArtifacts has a test fail and reads what it leaves.
func TestArtifacts(t *testing.T) {
	t.Parallel()
	log, dirs := fail(t, "drop", "-test.artifacts")
	require.Len(t, dirs, 1, log)
	require.Contains(t, log, "simtest: report.html, capture.pcapng, state.txt, topology.dot and topology.mmd are in "+dirs[0])
	state := read(t, dirs[0], "state.txt")
	for _, want := range []string{"[2:120] " + droppingRule, "==== container web of docker ====", "==== machine client ====", "==== LAN ===="} {
		assert.Contains(t, state, want)
	}
	assert.Contains(t, read(t, dirs[0], "topology.mmd"), `("web<br/>eth0 172.17.0.2")`)
	assert.Contains(t, read(t, dirs[0], "topology.dot"), `label="web\neth0 172.17.0.2"`)
	page := read(t, dirs[0], "report.html")
	assert.Contains(t, page, "<h1>TestFailure failed</h1>")
	assert.Contains(t, page, "dropped at docker eth0: rule in FORWARD: "+droppingRule)
	assert.Less(t, len(page), 300<<10)

	t.Run("tshark", func(t *testing.T) {
		t.Parallel()
		if _, err := exec.LookPath("tshark"); err != nil {
			t.Skip("needs tshark")
		}
		fields := func(filter string, names ...string) []string {
			args := []string{"-r", filepath.Join(dirs[0], "capture.pcapng"), "-Y", filter, "-T", "fields"}
			for _, name := range names {
				args = append(args, "-e", name)
			}
			out, err := exec.Command("tshark", args...).Output()
			require.NoError(t, err)
			return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		}
		assert.Equal(t, []string{"docker eth0 dropped\tdropped: rule in FORWARD: " + droppingRule, "docker eth0 dropped\tdropped: rule in FORWARD: " + droppingRule},
			fields(`frame.interface_name == "docker eth0 dropped"`, "frame.interface_name", "frame.comment"))
		assert.Contains(t, fields("http.request", "http.request.method"), "GET", "decrypted by the key log")
	})
}

// TestArtifactsOf has tests fail in other ways.
func TestArtifactsOf(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]struct {
		flags []string
		dirs  int
		log   string
	}{
		"drop":     {nil, 0, "simtest: go test -artifacts keeps a page"},
		"off":      {[]string{"-test.artifacts", "-drydock.artifacts=false"}, 0, "no comment"},
		"parallel": {[]string{"-test.artifacts"}, 3, "simtest: report.html"},
		"panic":    {[]string{"-test.artifacts"}, 1, "panic: on purpose"},
		"leak":     {[]string{"-test.artifacts"}, 1, "outlived host"},
		"realtime": {[]string{"-test.artifacts"}, 1, "simtest: report.html"},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			log, dirs := fail(t, how, want.flags...)
			assert.Len(t, dirs, want.dirs, log)
			assert.Contains(t, log, want.log)
			assert.Equal(t, how == "drop", strings.Contains(log, "go test -artifacts"))
			for _, dir := range dirs {
				assert.Contains(t, read(t, dir, "state.txt"), "==== host docker ====")
			}
		})
	}
}

// TestFailure fails as TestArtifacts tells it.
func TestFailure(t *testing.T) {
	how := os.Getenv(failureVariable)
	switch how {
	case "":
		t.Skip("TestArtifacts runs it")
	case "realtime":
		Run(t, NewHost(t), "web")
		t.Fatal("on purpose")
	case "parallel":
		for _, name := range []string{"a", "b", "c"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				VirtualTime(t, func(t *testing.T) { failWith(t, "drop") })
			})
		}
	default:
		VirtualTime(t, func(t *testing.T) { failWith(t, how) })
	}
}

func failWith(t *testing.T, how string) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) }) // after the host is closed
	lan := NewLAN(t)
	host := NewHost(t, sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.10/24")))
	client := NewMachine(t, sim.WithName("client"), sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.47/24")))
	web := Run(t, host, "web", sim.WithPublish("8080:80", "8443:443"))
	switch how {
	case "panic":
		panic("on purpose")
	case "off":
		t.Fatal("no comment")
	case "leak":
		require.NoError(t, web.Go(func(context.Context) error { go leave(release); return nil }))
		return
	}
	get(t, client, web)
	require.NoError(t, iptables.Run(io.Discard, host.Firewall().IPv4(), "-I", "DOCKER-USER", "-p", "tcp", "--dport", "80", "-j", "DROP"))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := client.DialContext(ctx, "tcp", "192.168.0.10:8080")
	synctest.Wait()
	require.NoError(t, err)
}

// get fetches a page by HTTPS.
func get(t *testing.T, client *sim.Machine, web *sim.Container) {
	l, err := web.Listen(t.Context(), "tcp", ":443")
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Listener.Close()
	server.Listener, server.TLS = l, &tls.Config{KeyLogWriter: TLSKeyLog(t)}
	server.StartTLS()
	defer server.Close()
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return client.DialContext(ctx, network, "192.168.0.10:8443")
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get("https://web/")
	require.NoError(t, err)
	resp.Body.Close()
}
