package dockercli

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"drydock/sim/dockerd"
	"drydock/sim/tools/command"
)

// A fake is a daemon that answers as it is told, and remembers what it was asked.
type fake struct {
	routes  map[string]http.HandlerFunc // by method and path without the version
	asked   chan string
	version string
}

func newFake(routes map[string]http.HandlerFunc) *fake {
	return &fake{routes: routes, asked: make(chan string, 100), version: release20.api}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == pingPath {
		w.Header().Set("Api-Version", f.version)
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/v"+f.version)
	f.asked <- strings.TrimSuffix(r.Method+" "+path+"?"+r.URL.RawQuery, "?")
	if h, ok := f.routes[r.Method+" "+path]; ok {
		h(w, r)
		return
	}
	answer(404, `{"message":"page not found"}`)(w, r)
}

// requests returns what was asked so far, in order.
func (f *fake) requests() (list []string) {
	for {
		select {
		case r := <-f.asked:
			list = append(list, r)
		default:
			return list
		}
	}
}

// answer answers with JSON.
func answer(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, text)
	}
}

// later answers, the head at once and the rest when done is closed.
func later(done <-chan struct{}, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		select {
		case <-done:
			io.WriteString(w, text)
		case <-r.Context().Done():
		}
	}
}

// takeOver takes the connection over for talk.
func takeOver(t *testing.T, talk func(conn net.Conn, in io.Reader)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, in, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
		talk(conn, in)
	}
}

// frame is a part of a stream.
func frame(stream byte, text string) string {
	head := make([]byte, 8)
	head[0] = stream
	binary.BigEndian.PutUint32(head[4:], uint32(len(text)))
	return string(head) + text
}

// run runs docker with the fake for its daemon.
func (f *fake) run(ctx context.Context, c *command.Call, args ...string) int {
	c.Args = append([]string{"docker"}, args...)
	table := command.Table{"docker": func(ctx context.Context, c *command.Call) int {
		d := &docker{Call: c, ctx: ctx, release: &release20}
		d.api = newClient(&release20, defaultHost, func(ctx context.Context) (net.Conn, error) { return dockerd.Dial(ctx, f) })
		defer d.api.close()
		return d.exit(d.dispatch(c.Args[1:]))
	}}
	return table.Run(ctx, c)
}

// output is run for what is printed.
func (f *fake) output(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if status := f.run(t.Context(), &command.Call{Stdout: &out, Stderr: &out}, args...); status != 0 {
		fmt.Fprintf(&out, "exit status %d\n", status)
	}
	return out.String()
}
