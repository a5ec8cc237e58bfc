package curl

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/tooltest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A screen is a terminal that only shows.
type screen struct{ bytes.Buffer }

func (*screen) Size() (rows, columns int)      { return 24, 80 }
func (*screen) SetRaw(bool) (was bool)         { return false }
func (*screen) SetForeground(int) (before int) { return 0 }

// TestTerminal has curl on a terminal: without a meter, and with names of headers bold.
func TestTerminal(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		cli, _ := client(t)
		for line, want := range map[string]string{
			"curl web":                 "hello from web\n",
			"curl -I web/until-close":  "HTTP/1.0 200 Fine\r\n\x1b[1mx-case\x1b[22m: Kept\r\n\r\n",
			"curl -v web/until-close":  "*   Trying 172.17.0.3:80...\n* Connected to web (172.17.0.3) port 80 (#0)\n> GET /until-close HTTP/1.1\r\n> Host: web\r\n> User-Agent: curl/7.88.1\r\n> Accept: */*\r\n> \r\n* HTTP 1.0, assume close after body\n< HTTP/1.0 200 Fine\r\n< x-case: Kept\r\n< \r\nuntil it closes\n* Closing connection 0\n",
			"curl web/chunked":         "one\ntwo\n",
			"curl --no-silent web/":    "hello from web\n",
			"curl -w %{onerror} web:8": "curl: (7) Failed to connect to web port 8 after 0 ms: Couldn't connect to server\ncurl: unknown --write-out variable: 'onerror'\n",
		} {
			var tty screen
			Commands().Run(t.Context(), &command.Call{Machine: cli, Args: strings.Fields(line), Stdout: &tty, Stderr: &tty})
			assert.Equal(t, want, tty.String(), line)
		}
	})
}

// TestUnixSocket asks dockerd at its socket, which no other machine and no container has.
func TestUnixSocket(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		cli := simtest.Run(t, h, "cli")
		const line = "curl -sS --unix-socket /var/run/docker.sock http://d/_ping"
		const refused = "curl: (7) Failed to connect to d port 80 after 0 ms: Couldn't connect to server\n(exit status 7)\n"
		assert.Equal(t, "OK", tooltest.Output(t, Commands(), command.Call{Machine: h}, line))
		assert.Equal(t, refused, tooltest.Output(t, Commands(), command.Call{Machine: h}, strings.Replace(line, "docker.sock", "x", 1)))
		assert.Equal(t, refused, tooltest.Output(t, Commands(), command.Call{Machine: cli}, line))
		assert.NoError(t, h.StopDaemon(t.Context()))
		assert.Equal(t, refused, tooltest.Output(t, Commands(), command.Call{Machine: h}, line))
	})
}

// TestLocalPort dials from ports, of which one listens.
func TestLocalPort(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		cli, _ := client(t)
		l, err := cli.Listen(t.Context(), "tcp", ":4000")
		assert.NoError(t, err)
		defer l.Close()
		const bad = "curl: option --local-port: is badly used here\ncurl: try 'curl --help' or 'curl --manual' for more information\n(exit status 2)\n"
		for line, want := range map[string]string{
			"curl -sS --local-port 4000 web":                                  "curl: (45) bind failed with errno 98: Address already in use\n(exit status 45)\n",
			"curl -s -w %{local_port} --local-port 4000-4010 web":             "hello from web\n4001",
			"curl -s -w %{local_port} --local-port '5000 - 5' web":            bad,
			"curl --local-port 70000 web":                                     bad,
			"curl --local-port abc web":                                       bad,
			"curl -s --interface eth0 -w %{local_port} --local-port 6000 web": "hello from web\n6000",
		} {
			assert.Equal(t, want, tooltest.Output(t, Commands(), command.Call{Machine: cli}, line), line)
		}
		assert.Contains(t, tooltest.Output(t, Commands(), command.Call{Machine: cli}, "curl -sv --local-port 4000-4010 web"),
			"*   Trying 172.17.0.3:80...\n* Bind to local port 4000 failed, trying next\n* Bind to local port 4001 failed, trying next\n* Local port: 4002\n* Connected to", "4001 is in TIME_WAIT")
	})
}

// TestTimes has how long curl waits, which in virtual time is exact.
func TestTimes(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		cli, _ := client(t)
		for _, tt := range []struct {
			line, want string
			took       time.Duration
		}{
			{"curl -sS -m 2 172.17.0.9", "curl: (28) Connection timed out after 2001 milliseconds\n(exit status 28)\n", 2001 * time.Millisecond},
			{"curl -sS 172.17.0.9", "curl: (7) Failed to connect to 172.17.0.9 port 80 after 2997 ms: Couldn't connect to server\n(exit status 7)\n", 2997 * time.Millisecond},
			{"curl -sS -m 1.5 web/slow", "curl: (28) Operation timed out after 1501 milliseconds with 0 bytes received\n(exit status 28)\n", 1501 * time.Millisecond},
			{"curl -s --retry 2 -o /dev/null -w %{http_code}: web/unavailable", "503:503:503:", 3 * time.Second},
			{"curl -s --retry 9 --retry-max-time 4 -o /dev/null web/unavailable", "", 3 * time.Second},
			{"curl -s -o /dev/null -w %{time_total} web", "0.000000", 0},
		} {
			time.Sleep(5 * time.Second) // what is known of neighbours is forgotten
			start := time.Now()
			assert.Equal(t, tt.want, tooltest.Output(t, Commands(), command.Call{Machine: cli}, tt.line), tt.line)
			assert.Equal(t, tt.took, time.Since(start), tt.line)
		}
	})
}

// TestSignal has ^C end curl wherever it waits.
func TestSignal(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"curl -s web/slow", "curl -s 172.17.0.9", "curl -s --retry 9 --retry-delay 60 web/unavailable -o /dev/null"} {
		simtest.VirtualTime(t, func(t *testing.T) {
			cli, _ := client(t)
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

// TestHostile has answers of servers that do not keep to the rules.
func TestHostile(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 400): "curl: (56) Too large response headers: 307201 > 307200\n(exit status 56)\n",
		"HTTP/1.1 xyz OK\r\n\r\n": "curl: (1) Received HTTP/0.9 when not allowed\n(exit status 1)\n",
		"HT":                      "curl: (1) Received HTTP/0.9 when not allowed\n(exit status 1)\n",
		strings.Repeat("HTTP/1.1 102 Wait\r\n\r\n", 1000):                            "curl: (8) Weird server reply\n(exit status 8)\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc":             "abccurl: (18) transfer closed with outstanding read data remaining\n(exit status 18)\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc":                           "abc",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef":                         "abc",
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n":                               "",
		"HTTP/1.1 302 Found\r\nLocation: http://[::bad/\r\nContent-Length:0\r\n\r\n": "curl: (3) URL using bad/illegal format or missing URL\n(exit status 3)\n",
	} {
		simtest.VirtualTime(t, func(t *testing.T) {
			cli, web := client(t)
			l, err := web.Listen(t.Context(), "tcp", ":81")
			require.NoError(t, err)
			ended := make(chan error)
			go func() {
				c, err := l.Accept()
				if err == nil {
					bufio.NewReader(c).ReadString('\n')
					io.WriteString(c, answer)
					c.(interface{ CloseWrite() error }).CloseWrite()
					io.Copy(io.Discard, c)
					c.Close()
				}
				ended <- err
			}()
			got := tooltest.Output(t, Commands(), command.Call{Machine: cli}, "curl -N -sSL web:81")
			assert.Equal(t, want, got)
			require.NoError(t, <-ended)
			l.Close()
		})
	}
}

// FuzzTarget checks that a URL that is taken leads somewhere, and stays what it is.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{"web", "http://u:p@[::1]:80/a?b#c", "x:99999", "http://a/../b", "//", "http://a@b@c/", "a%zz@b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseTarget(s)
		if err != nil {
			return
		}
		again, err := parseTarget(got.String())
		if err != nil || again.hostport() != got.hostport() || again.path != got.path {
			t.Errorf("%q is %q, and then %q: %v", s, got, again, err)
		}
		got.follow(s)
	})
}

// FuzzOptions has hostile command lines.
func FuzzOptions(f *testing.F) {
	for _, s := range []string{"-sSo x web", "--re 1", "-d a=@b --data-urlencode @x", "-F a=<b;type=x", "--connect-to a:b", "--resolve x:1:::1", "--no-x", "-", "--", "-w %{x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c := &command.Call{Stdout: io.Discard, Stderr: io.Discard, Stdin: strings.NewReader(""), Files: tooltest.Files{"b": "x"}}
		p := &parser{Call: c, config: newConfig()}
		if p.parse(strings.Fields(line)) != nil {
			return
		}
		s := &session{parser: p, ctx: t.Context(), out: bufio.NewWriter(io.Discard)}
		tr := &transfer{session: s}
		to, err := parseTarget("web")
		require.NoError(t, err)
		if r, err := tr.request(to); err == nil && strings.Count(r.header, "\r\n\r\n") != 1 {
			t.Errorf("%q: %q", line, r.header)
		}
		tr.formatOut(fmt.Errorf("x"))
	})
}
