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

// maxBody is how much of a body is read, so that the next request comes after it.
const maxBody = 1 << 20

// serveHTTP answers the requests of a connection.
func serveHTTP(conn io.ReadWriter, answer func(*http.Request) response) {
	limited := &io.LimitedReader{R: conn}
	r := bufio.NewReader(limited)
	for {
		limited.N = maxRequest
		req, err := http.ReadRequest(r)
		if err != nil {
			if _, some := err.(net.Error); !some && err != io.EOF {
				write(conn, nil, response{status: http.StatusBadRequest, headers: []string{"Connection: close"}})
			}
			return
		}
		limited.N = maxBody
		_, err = io.CopyN(io.Discard, req.Body, maxBody)
		if write(conn, req, answer(req)) != nil || req.Close || err != io.EOF {
			return
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
