package tooltest

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Web is the handler of the recordings of curl and wget.
func Web() http.Handler {
	mux := http.NewServeMux()
	page := func(path string, h http.HandlerFunc) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Server", "web/1.0")
			h(w, r)
		})
	}
	page("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Last-Modified", "Fri, 27 Nov 2026 09:10:14 GMT")
		io.WriteString(w, "hello from web\n")
	})
	page("/file.txt", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "a file\n")
	})
	page("/redirect", func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Location"] = []string{"/"}
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusFound)
		io.WriteString(w, "moved\n")
	})
	page("/loop", func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Location"] = []string{"/loop"}
		w.WriteHeader(http.StatusMovedPermanently)
	})
	page("/echo", echo)
	page("/auth", func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "joe" || password != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="web"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		io.WriteString(w, "hello joe\n")
	})
	page("/chunked", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		for _, part := range []string{"one\n", "two\n"} {
			io.WriteString(w, part)
			w.(http.Flusher).Flush()
		}
	})
	page("/slow", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(20 * time.Second):
		}
	})
	page("/big", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("0123456789abcde\n", 1<<16))
	})
	page("/empty", func(w http.ResponseWriter, r *http.Request) { hijack(w, "", false) })
	page("/reset", func(w http.ResponseWriter, r *http.Request) { hijack(w, "", true) })
	page("/short", func(w http.ResponseWriter, r *http.Request) {
		hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf\n", false)
	})
	page("/until-close", func(w http.ResponseWriter, r *http.Request) {
		hijack(w, "HTTP/1.0 200 Fine\r\nx-case: Kept\r\n\r\nuntil it closes\n", false)
	})
	page("/old", func(w http.ResponseWriter, r *http.Request) { hijack(w, "no header\n", false) })
	page("/unavailable", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, "later\n")
	})
	return mux
}

// echo answers with the request.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var lines []string
	for name, values := range r.Header {
		lines = append(lines, fmt.Sprintf("%s: %s\n", name, strings.Join(values, ", ")))
	}
	slices.Sort(lines)
	fmt.Fprintf(w, "%s %s %s\nHost: %s\n%s\n%s\n", r.Method, r.RequestURI, r.Proto, r.Host, strings.Join(lines, ""), body)
}

// hijack writes text on the connection and ends it, by RST if reset.
func hijack(w http.ResponseWriter, text string, reset bool) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	io.WriteString(c, text)
	if l, ok := c.(interface{ SetLinger(int) error }); ok && reset {
		l.SetLinger(0)
	}
	c.Close()
}
