package images

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path"
	"strings"
	"time"

	"drydock/sim"
	"drydock/sim/tools/command"
)

const httpdVersion = "2.4.58"

// Httpd returns Apache's httpd 2.4 on Debian 12.
func Httpd() sim.Image {
	return sim.Image{
		Name: "httpd", Cmd: []string{"httpd-foreground"}, Expose: []string{"80"}, StopSignal: "SIGWINCH", WorkingDir: "/usr/local/apache2",
		Env: []string{"PATH=/usr/local/apache2/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HTTPD_PREFIX=/usr/local/apache2",
			"HTTPD_VERSION=" + httpdVersion},
		Commands: debianWith("", command.Table{"httpd-foreground": httpdForeground, "httpd": httpd}),
		Files:    layers{files("httpd"), files("debian")},
	}
}

// httpdForeground is the script that runs httpd in its place.
func httpdForeground(ctx context.Context, c *command.Call) int {
	next := *c
	next.Args = append([]string{"httpd", "-DFOREGROUND"}, c.Args[1:]...)
	return next.Exec(ctx)
}

// httpd serves until SIGWINCH, which stops it gracefully, or another signal.
func httpd(ctx context.Context, c *command.Call) int {
	switch {
	case len(c.Args) == 2 && c.Args[1] == "-v":
		c.Printf("Server version: Apache/%s (Unix)\n", httpdVersion)
		return 0
	case len(c.Args) != 2 || c.Args[1] != "-DFOREGROUND":
		return c.Fail(1, "httpd: only -DFOREGROUND and -v are there\n")
	}
	notice := func(module, format string, args ...any) {
		c.Errorf("[%s] [%s:notice] [pid %d:tid %[3]d] %s\n", time.Now().UTC().Format("Mon Jan 02 15:04:05.000000 2006"), module, c.Process().PID, fmt.Sprintf(format, args...))
	}
	notice("mpm_event", "AH00489: Apache/%s (Unix) configured -- resuming normal operations", httpdVersion)
	notice("core", "AH00094: Command line: 'httpd -D FOREGROUND'")
	serving, stop := context.WithCancel(ctx)
	defer stop()
	graceful, over := c.Notify(command.SIGWINCH), make(chan struct{})
	go func() {
		defer close(over)
		select {
		case <-graceful:
			notice("mpm_event", "AH00492: caught SIGWINCH, shutting down gracefully")
			stop()
		case <-serving.Done():
		}
	}()
	err := serve(serving, c, "80", func(conn net.Conn) { httpdConn(c, conn) })
	stop()
	<-over
	if err != nil {
		return c.Fail(1, "(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:80\nno listening sockets available, shutting down\nAH00015: Unable to open logs\n")
	}
	return 0
}

// httpdConn serves a client, with a line of the common log for each request.
func httpdConn(c *command.Call, conn net.Conn) {
	client, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
	serveHTTP(conn, func(r *http.Request) response {
		resp := httpdAnswer(c.Files, r)
		c.Printf("%s - - [%s] \"%s %s %s\" %d %d\n", client, time.Now().UTC().Format("02/Jan/2006:15:04:05 -0700"), r.Method, r.RequestURI, r.Proto, resp.status, len(resp.body))
		return resp
	})
}

// httpdAnswer returns a file, with the headers in httpd's order.
func httpdAnswer(files fs.FS, r *http.Request) response {
	head := []string{"Date: " + date(time.Now()), "Server: Apache/" + httpdVersion + " (Unix)"}
	name := path.Join("usr/local/apache2/htdocs", path.Clean("/"+r.URL.Path))
	if strings.HasSuffix(r.URL.Path, "/") {
		name += "/index.html"
	}
	body, err := fs.ReadFile(files, name)
	if err != nil {
		text := "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n" +
			"<p>The requested URL was not found on this server.</p>\n</body></html>\n"
		return response{http.StatusNotFound, append(head, fmt.Sprint("Content-Length: ", len(text)), "Content-Type: text/html; charset=iso-8859-1"), text}
	}
	var modified time.Time
	if info, err := fs.Stat(files, name); err == nil {
		modified = info.ModTime()
	}
	kind := map[string]string{".html": "text/html", ".txt": "text/plain", ".css": "text/css", ".js": "text/javascript", ".json": "application/json"}[path.Ext(name)]
	if kind != "" {
		kind = "Content-Type: " + kind
	}
	head = append(head, "Last-Modified: "+date(modified), fmt.Sprintf("ETag: \"%x-%x\"", len(body), modified.UnixMicro()), "Accept-Ranges: bytes", fmt.Sprint("Content-Length: ", len(body)))
	if kind != "" {
		head = append(head, kind)
	}
	return response{http.StatusOK, head, string(body)}
}
