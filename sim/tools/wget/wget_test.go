package wget

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/tooltest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// client returns the client of the recordings, 172.17.0.2. Its server is 172.17.0.3.
func client(t *testing.T) *sim.Container {
	h := simtest.NewHost(t, sim.WithFixedCIDRv6(netip.MustParsePrefix("fd00::/64")))
	cli := simtest.Run(t, h, "cli", sim.WithAddHost("web:172.17.0.3"))
	l, err := simtest.Run(t, h, "web").Listen(t.Context(), "tcp", ":80")
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

var utf8 = []string{"LANG=C.UTF-8"}

// TestRecordings has what wget 1.21.3 printed in a network namespace.
func TestRecordings(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		cli := client(t)
		tooltest.Replay(t, "testdata/wget.txt", Commands(), command.Call{Machine: cli, Env: utf8},
			`(--|\n|^)\d{4}-\d\d-\d\d [\d:]{8}`, `(Date: ).*`, `(\()[\d.]+ [KMGT]?B/s`, `(?m)^( *\d+K[ .]{55}(?: *\d+%)?) .*$`)
		for name, want := range map[string]string{
			"file.txt": "a file\n", "file.txt.1": "a file\n", "index.html": "hello from web\n", "short": "half\n",
		} {
			got, err := fs.ReadFile(cli.FS(), name)
			require.NoError(t, err)
			require.Equal(t, want, string(got))
		}
	})
}

// TestQuotes has the locale C, and speeds when no time has passed.
func TestQuotes(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		call := command.Call{Machine: client(t)}
		assert.Equal(t, `--2000-01-01 00:00:00--  http://web/
Resolving web (web)... 172.17.0.3
Connecting to web (web)|172.17.0.3|:80... connected.
HTTP request sent, awaiting response... 200 OK
Length: 15 [text/plain]
Saving to: 'index.html'

     0K                                                       100% 27.9G=0s

2000-01-01 00:00:00 (27.9 GB/s) - 'index.html' saved [15/15]

`, tooltest.Output(t, Commands(), call, "wget web"))
	})
}

// A screen is a terminal that only shows.
type screen struct{ bytes.Buffer }

func (*screen) Size() (rows, columns int)      { return 24, 80 }
func (*screen) SetRaw(bool) (was bool)         { return false }
func (*screen) SetForeground(int) (before int) { return 0 }

// TestBar has the bar of a terminal.
func TestBar(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		var tty screen
		call := &command.Call{Machine: client(t), Env: utf8, Args: []string{"wget", "web"}, Stdout: &tty, Stderr: &tty}
		require.Zero(t, Commands().Run(t.Context(), call))
		_, bar, ok := strings.Cut(tty.String(), "Saving to: ‘index.html’\n")
		require.True(t, ok)
		line := "\rindex.html          100%[===================>]      15  --.-KB/s"
		assert.Equal(t, line+strings.Repeat(" ", 15)+line+"    in 0s      \n\n2000-01-01 00:00:00 (27.9 GB/s) - ‘index.html’ saved [15/15]\n\n", bar)
	})
}

// TestSignal has ^C end wget wherever it waits.
func TestSignal(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"wget -q web/slow", "wget -q -T 1 172.17.0.9"} {
		simtest.VirtualTime(t, func(t *testing.T) {
			cli := client(t)
			table := Commands()
			table["interrupted"] = func(ctx context.Context, c *command.Call) int {
				time.AfterFunc(2500*time.Millisecond, func() { c.Process().Signal(command.SIGINT) })
				child := *c
				child.Args = c.Args[1:]
				return table.Run(ctx, &child)
			}
			start := time.Now()
			assert.Equal(t, "(exit status 130)\n", tooltest.Output(t, table, command.Call{Machine: cli}, "interrupted "+line))
			assert.Equal(t, 2500*time.Millisecond, time.Since(start))
		})
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 1234 * time.Microsecond: "0.001s", 45 * time.Millisecond: "0.04s", 1500 * time.Millisecond: "1.5s",
		12 * time.Second: "12s", 130 * time.Second: "2m10s", 7300 * time.Second: "2h1m", 200 * time.Hour: "8d8h",
	} {
		assert.Equal(t, want, duration(d))
	}
	for n, want := range map[int64]string{1024: "1.0K", 615000: "601K", 11 << 20: "11M"} {
		assert.Equal(t, want, human(n))
	}
}

// FuzzOptions has hostile command lines.
func FuzzOptions(f *testing.F) {
	for _, s := range []string{"-qO- web", "-nv --tries=inf x", "-T 1e9 -t -1", "--header a:b http://[::1]/%zz", "-nx", "--post-data=a http://u:p@x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r := &run{Call: &command.Call{Stdout: io.Discard, Stderr: io.Discard}, options: newOptions()}
		urls, _, ok := r.parse(strings.Fields(line))
		for _, text := range urls {
			u, err := r.parseURL(text)
			if err != nil || !ok {
				continue
			}
			if text := (&transfer{run: r, url: u}).request(); strings.Count(text, "\r\n\r\n") < 1 || strings.Contains(strings.SplitN(text, "\r\n", 2)[0], "\n") {
				t.Errorf("%q: %q", line, text)
			}
		}
	})
}
