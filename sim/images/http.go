package images

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// maxRequest is the longest header of a request: nginx has buffers of 32 KiB for it.
const maxRequest = 32 << 10

// A response is one of a server that has its own order of headers, which package net/http
// would sort.
type response struct {
	status  int
	headers []string // "Name: value"
	body    string
}

// serveHTTP answers the requests of a connection.
func serveHTTP(conn net.Conn, answer func(*http.Request) response) {
	r := bufio.NewReader(conn)
	for {
		limited := bufio.NewReader(io.LimitReader(r, maxRequest))
		req, err := http.ReadRequest(limited)
		if err != nil {
			if _, some := err.(net.Error); !some && err != io.EOF {
				write(conn, nil, response{status: http.StatusBadRequest, headers: []string{"Connection: close"}})
			}
			return
		}
		io.Copy(io.Discard, io.LimitReader(req.Body, 1<<20))
		if write(conn, req, answer(req)) != nil || req.Close {
			return
		}
		if n := limited.Buffered(); n > 0 { // of the next request
			left, _ := limited.Peek(n)
			r = bufio.NewReader(io.MultiReader(strings.NewReader(string(left)), r))
		}
	}
}

// write sends a response, without its body to HEAD.
func write(w io.Writer, req *http.Request, r response) error {
	var b strings.Builder
	proto := "HTTP/1.1"
	fmt.Fprintf(&b, "%s %d %s\r\n", proto, r.status, http.StatusText(r.status))
	for _, h := range r.headers {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n")
	if req == nil || req.Method != http.MethodHead {
		b.WriteString(r.body)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// date is the value of the header Date.
func date(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
