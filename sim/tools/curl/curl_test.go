package curl

import (
	"net"
	"net/http"
	"net/netip"
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
		files := tooltest.Files{"data.txt": "from=file\n"}
		tooltest.Replay(t, "testdata/curl.txt", Commands(), command.Call{Machine: cli, Files: files}, varies...)
		require.Equal(t, "a file\n", files["file.txt"])
		require.Equal(t, "hello from web\n", files["out"])
	})
}
