package images

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"drydock/sim"
	"drydock/sim/tools/command"
	"drydock/sim/tools/inetutils"
)

// Webapp returns training/webapp: a program for Flask on Ubuntu 14.04, with the ping of
// GNU's inetutils.
func Webapp() sim.Image {
	return sim.Image{
		Name: "training/webapp", Cmd: []string{"python", "app.py"}, Expose: []string{"5000"}, WorkingDir: "/opt/webapp",
		Commands: small("curl ifconfig route arp netstat ip", inetutils.Commands(), command.Table{"python": command.Uncaught(python)}),
		Files:    layers{files("webapp"), files("debian")},
	}
}

// python runs app.py, and nothing else. It catches SIGINT alone: a container that runs it takes ten
// seconds to stop, as the real one does.
func python(ctx context.Context, c *command.Call) int {
	if len(c.Args) != 2 {
		return c.Fail(1, "python: only app.py can be run here\n")
	}
	if _, err := c.ReadFile(c.Args[1]); err != nil || !strings.HasSuffix(c.Args[1], "app.py") {
		return c.Fail(2, "python: can't open file '%s': [Errno 2] No such file or directory\n", c.Args[1])
	}
	port := cmp.Or(variable(c.Env, "PORT"), "5000")
	c.Errorf(" * Running on http://0.0.0.0:%s/\n", port)
	serving, stop := context.WithCancel(ctx)
	defer stop()
	interrupted, over := c.Notify(command.SIGINT), make(chan struct{})
	go func() {
		defer close(over)
		select {
		case <-interrupted:
			stop()
		case <-serving.Done():
		}
	}()
	err := serve(serving, c, port, func(conn net.Conn) {
		client, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
		serveHTTP(conn, func(r *http.Request) response {
			r.Close = true // Werkzeug speaks HTTP/1.0
			resp := flaskAnswer(c.Env, r)
			c.Errorf("%s - - [%s] \"%s %s %s\" %d -\n", client, time.Now().UTC().Format("02/Jan/2006 15:04:05"), r.Method, r.RequestURI, r.Proto, resp.status)
			return resp
		})
	})
	stop()
	<-over
	switch {
	case err != nil:
		return c.Fail(1, "socket.error: [Errno 98] Address already in use\n")
	case ctx.Err() != nil:
		return command.Interrupted(ctx)
	}
	return 0 // Werkzeug takes an interrupt for its end
}

func flaskAnswer(env []string, r *http.Request) response {
	status, body, contentType := http.StatusOK, "Hello "+cmp.Or(variable(env, "PROVIDER"), "world")+"!", "text/html; charset=utf-8"
	if r.URL.Path != "/" {
		status, contentType = http.StatusNotFound, "text/html"
		body = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n" +
			"<p>The requested URL was not found on the server.  If you entered the URL manually please check your spelling and try again.</p>\n"
	}
	return response{status, []string{"Content-Type: " + contentType, fmt.Sprint("Content-Length: ", len(body)),
		"Server: Werkzeug/0.9.6 Python/2.7.6", "Date: " + date(time.Now()), "Connection: close"}, body}
}

// variable returns the value of an environment variable.
func variable(env []string, name string) string {
	value := ""
	for _, v := range env {
		if n, val, _ := strings.Cut(v, "="); n == name {
			value = val
		}
	}
	return value
}
