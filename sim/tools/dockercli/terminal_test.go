package dockercli

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// A kernel is a machine with a process table.
type kernel struct {
	command.Machine
	processes command.Processes
}

func (k *kernel) Processes() *command.Processes { return &k.processes }

// A screen is a terminal: what is typed is read, and what is written is kept.
type screen struct {
	*command.Pipe
	out           bytes.Buffer
	raw           bool
	rows, columns int
}

func (s *screen) Write(b []byte) (int, error) { return s.out.Write(b) }
func (s *screen) WriteContext(_ context.Context, b []byte) (int, error) {
	return s.out.Write(b)
}
func (s *screen) Size() (rows, columns int)   { return s.rows, s.columns }
func (s *screen) SetForeground(group int) int { return group }
func (s *screen) SetRaw(raw bool) (was bool)  { was, s.raw = s.raw, raw; return was }
func (s *screen) ReadContext(ctx context.Context, b []byte) (int, error) {
	return s.Pipe.ReadContext(ctx, b)
}

// TestSignals has docker's signals go to the container, also SIGINT, and none with
// --sig-proxy=false.
func TestSignals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		exited := make(chan struct{})
		gone := func(conn net.Conn, _ io.Reader) { <-exited }
		f := newFake(map[string]http.HandlerFunc{
			"POST /containers/create":     answer(201, `{"Id":"abc"}`),
			"POST /containers/abc/attach": takeOver(t, gone),
			"POST /containers/abc/wait":   later(exited, `{"StatusCode":130}`),
			"POST /containers/abc/start":  answer(204, ""),
			"POST /containers/abc/kill":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204); close(exited) },
		})
		k := &kernel{}
		status := make(chan int)
		go func() { status <- f.run(t.Context(), &command.Call{Machine: k}, "run", "alpine") }()
		synctest.Wait()
		k.processes.SignalGroup(1, command.SIGINT)
		require.Equal(t, 130, <-status)
		require.Contains(t, f.requests(), "POST /containers/abc/kill?signal=INT")

		exited = make(chan struct{})
		time.AfterFunc(time.Second, func() { close(exited) })
		go func() { status <- f.run(t.Context(), &command.Call{Machine: k}, "run", "--sig-proxy=false", "alpine") }()
		synctest.Wait()
		k.processes.SignalGroup(2, command.SIGTERM)
		require.Equal(t, 143, <-status)
		require.NotContains(t, strings.Join(f.requests(), " "), "kill")
	})
}

// TestTerminal has a terminal made raw while the process has it, its size told, and left by
// keys.
func TestTerminal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		received := make(chan string, 10)
		f := newFake(map[string]http.HandlerFunc{
			"GET /containers/web/json":  answer(200, strings.Replace(inspectPlain, `"OpenStdin"`, `"Tty":true,"OpenStdin"`, 1)),
			"POST /containers/web/wait": later(nil, ""),
			"POST /containers/web/attach": takeOver(t, func(conn net.Conn, in io.Reader) {
				io.WriteString(conn, "# ")
				r := bufio.NewReader(in)
				for {
					b, err := r.ReadByte()
					if err != nil {
						close(received)
						return
					}
					received <- string(b)
				}
			}),
			"POST /containers/web/resize": answer(200, ""),
		})
		k, s := &kernel{}, &screen{Pipe: command.NewPipe(), rows: 24, columns: 80}
		status := make(chan int)
		go func() {
			status <- f.run(t.Context(), &command.Call{Machine: k, Stdin: s, Stdout: s, Stderr: s}, "attach", "web")
		}()
		synctest.Wait()
		require.True(t, s.raw)
		require.Equal(t, "# ", s.out.String())
		s.rows = 50
		k.processes.SignalGroup(1, command.SIGWINCH)
		time.Sleep(time.Second)
		s.Pipe.Write([]byte("a\x10b"))
		time.Sleep(time.Second)
		s.Pipe.Write([]byte("\x10\x11c"))
		require.Equal(t, 1, <-status)
		require.False(t, s.raw)
		require.Equal(t, "# read escape sequence\n", s.out.String())
		var got []string
		for b := range received {
			got = append(got, b)
		}
		require.Equal(t, []string{"a", "\x10", "b"}, got)
		require.Equal(t, []string{
			"POST /containers/web/wait?condition=", "GET /containers/web/json", "POST /containers/web/attach?stderr=1&stdin=1&stdout=1&stream=1",
			"GET /containers/web/json", "POST /containers/web/resize?h=25&w=81", "POST /containers/web/resize?h=24&w=80", "POST /containers/web/resize?h=50&w=80",
		}, f.requests())
	})
}
