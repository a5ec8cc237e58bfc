package images

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// exchange writes to a server in one go, closes that side, and returns what the server answers
// to an echo of methods and paths.
func exchange(t *testing.T, in string) string {
	t.Helper()
	client, server := net.Pipe()
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer server.Close()
		serveHTTP(server, func(r *http.Request) response {
			body := r.Method + " " + r.URL.Path + "\n"
			return response{http.StatusOK, []string{fmt.Sprint("Content-Length: ", len(body))}, body}
		})
	}()
	go func() {
		io.WriteString(client, in)
		io.WriteString(client, "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
	}()
	out, _ := io.ReadAll(client)
	<-over
	return string(out)
}

// TestServeHTTP has bytes that a client sends, before a last request, and what is answered.
func TestServeHTTP(t *testing.T) {
	t.Parallel()
	ok := func(line string) string {
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s\n", len(line)+1, line)
	}
	get := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n" }
	post := func(n int) string {
		return fmt.Sprintf("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", n, strings.Repeat("GET /x HTTP/1.1\r\nHost: h\r\n\r\n", n/28+1)[:n])
	}
	const bad, last = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "GET /last"
	for name, test := range map[string]struct{ in, want string }{
		"none":            {"", ok(last)},
		"pipelined":       {get("/a") + get("/b"), ok("GET /a") + ok("GET /b") + ok(last)},
		"without body":    {"HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n" + ok(last)},
		"body":            {post(10), ok("POST /p") + ok(last)},
		"body of 100 KiB": {post(100 << 10), ok("POST /p") + ok(last)},
		"body to the end": {post(maxBody + 1), ok("POST /p")},
		"chunks":          {"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", ok("POST /p") + ok(last)},
		"header of 20 K":  {"GET /a HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("x", 20<<10) + "\r\n\r\n", ok("GET /a") + ok(last)},
		"header of 80 K":  {"GET /a HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("x", 80<<10) + "\r\n\r\n", bad},
		"nonsense":        {"\x16\x03\x01\x02\r\n\r\n", bad},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, exchange(t, test.in))
		})
	}
}

// TestServeHTTPLong has a connection with many requests, which take no memory that stays.
func TestServeHTTPLong(t *testing.T) {
	const n = 10_000
	in := strings.Repeat("GET / HTTP/1.1\r\nHost: h\r\n\r\n", n)
	sent := strings.NewReader(in)
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	served := 0
	serveHTTP(reading{sent}, func(*http.Request) response {
		if served++; served == n {
			runtime.GC()
			runtime.ReadMemStats(&during)
		}
		return response{status: http.StatusOK}
	})
	require.Equal(t, n, served)
	require.Less(t, int64(during.HeapAlloc)-int64(before.HeapAlloc), int64(4<<20))
}

// reading is a connection from which is read, and nobody answers.
type reading struct{ io.Reader }

func (reading) Write(b []byte) (int, error) { return len(b), nil }
