package curl

import (
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/tooltest"

	"github.com/stretchr/testify/require"
)

// client returns the client of the recordings, 172.17.0.2, and its server 172.17.0.3.
func client(t *testing.T) (cli, web *sim.Container) {
	h := simtest.NewHost(t, sim.WithFixedCIDRv6(netip.MustParsePrefix("fd00::/64")))
	cli = simtest.Run(t, h, "cli", sim.WithAddHost("db:172.17.0.3", "web:172.17.0.3"))
	web = simtest.Run(t, h, "web")
	l, err := web.Listen(t.Context(), "tcp", ":80")
	require.NoError(t, err)
	serve(t, l, tooltest.Web())
	return cli, web
}

func serve(t *testing.T, l net.Listener, h http.Handler) {
	server := &http.Server{Handler: h}
	ended := make(chan error)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Close()
		<-ended
	})
}

// varies are what a recording has that virtual time has not: dates, times, speeds, what is
// random.
var varies = []string{
	`(Date: ).*`, `(after )\d+`, `(\r.{3} .{5}  .{3} .{5}  .{3} .{5}  ).{5} `, `([-:\d]{8}  ?[-:\d]{7,8}  ?[-:\d]{7,8} ).{5}`,
	`(Found bundle for host: )\w+`, `(------------------------)[0-9a-f]{16}`, `(,000,)[\d.]+`,
	`(\{ \[)(?:9|23) bytes`, // of two chunks one or both have come
}

// TestRecordings has what curl 7.88.1 printed in a network namespace.
func TestRecordings(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		cli, _ := client(t)
		f, err := cli.FS().OpenFile("data.txt", os.O_WRONLY|os.O_CREATE, 0o644)
		require.NoError(t, err)
		io.WriteString(f, "from=file\n")
		require.NoError(t, f.Close())
		tooltest.Replay(t, "testdata/curl.txt", Commands(), command.Call{Machine: cli}, varies...)
		for name, want := range map[string]string{"file.txt": "a file\n", "out": "hello from web\n"} {
			got, err := fs.ReadFile(cli.FS(), name)
			require.NoError(t, err)
			require.Equal(t, want, string(got))
		}
	})
}
