package images

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"drydock/sim"
	"drydock/sim/tools/command"
)

const nginxVersion = "1.20.2"

// Nginx returns nginx 1.20 on Debian 11, with curl.
func Nginx() sim.Image {
	return sim.Image{
		Name: "nginx", Entrypoint: []string{"/docker-entrypoint.sh"}, Cmd: []string{"nginx", "-g", "daemon off;"},
		Env: []string{"NGINX_VERSION=" + nginxVersion, "NJS_VERSION=0.7.0", "PKG_RELEASE=1~bullseye"}, Expose: []string{"80"}, StopSignal: "SIGQUIT",
		Commands: small("curl", command.Table{"nginx": nginx, "/docker-entrypoint.sh": entrypoint}),
		Files:    layers{files("nginx"), files("debian")},
	}
}

// entrypoint is the script of that name: it runs what it is given.
func entrypoint(ctx context.Context, c *command.Call) int {
	if len(c.Args) < 2 {
		return 0
	}
	child := *c
	child.Args = c.Args[1:]
	return c.Commands.Run(ctx, &child)
}

// nginx is nginx(8): in the foreground with "daemon off;", else in the background of the
// container, of which it stays a process. -s sends it a signal.
func nginx(ctx context.Context, c *command.Call) int {
	args := c.Args[1:]
	switch {
	case slices.Equal(args, []string{"-v"}):
		c.Errorf("nginx version: nginx/%s\n", nginxVersion)
		return 0
	case slices.Equal(args, []string{"-t"}):
		c.Errorf("nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n")
		return 0
	case len(args) == 2 && args[0] == "-s":
		return nginxSignal(c, args[1])
	case len(args) == 2 && args[0] == "-g" && strings.Contains(args[1], "daemon off"):
		return nginxServe(ctx, c)
	case len(args) > 0:
		return c.Fail(1, "nginx: invalid option: %q\n", args[0])
	}
	m, ok := c.Machine.(interface {
		Exec(ctx context.Context, name string, args ...string) *sim.Cmd
	})
	if !ok {
		return c.Fail(1, "nginx: [alert] fork() failed\n")
	}
	// The check that the port is free is the master's before it goes to the background.
	l, err := c.Machine.Listen(ctx, "tcp", ":80")
	if err != nil {
		return bindFailed(c)
	}
	l.Close()
	if err := m.Exec(context.WithoutCancel(ctx), "nginx", "-g", "daemon off;").Start(); err != nil {
		return c.Fail(1, "nginx: [alert] %v\n", err)
	}
	return 0
}

func bindFailed(c *command.Call) int {
	return c.Fail(1, "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)\n")
}

func nginxSignal(c *command.Call, name string) int {
	signal, ok := map[string]command.Signal{"stop": command.SIGTERM, "quit": command.SIGQUIT, "reload": command.SIGCHLD, "reopen": command.SIGCHLD}[name]
	if !ok {
		return c.Fail(1, "nginx: invalid option: \"-s %s\"\n", name)
	}
	for _, p := range c.Processes().List() {
		if path.Base(p.Args[0]) == "nginx" && p.PID != c.Process().PID {
			p.Signal(signal)
			return 0
		}
	}
	return c.Fail(1, "nginx: [error] open() \"/run/nginx.pid\" failed (2: No such file or directory)\n")
}

func nginxServe(ctx context.Context, c *command.Call) int {
	err := serve(ctx, c, "80", func(conn net.Conn) {
		client, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
		serveHTTP(conn, func(r *http.Request) response {
			resp := nginxAnswer(c.Files, r)
			size := len(resp.body)
			if r.Method == http.MethodHead {
				size = 0
			}
			c.Printf("%s - - [%s] \"%s %s %s\" %d %d \"%s\" \"%s\" \"-\"\n", client, time.Now().UTC().Format("02/Jan/2006:15:04:05 -0700"),
				r.Method, r.RequestURI, r.Proto, resp.status, size, orDash(r.Referer()), orDash(r.UserAgent()))
			return resp
		})
	})
	if err != nil {
		return bindFailed(c)
	}
	return 0
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// nginxAnswer returns a file, with the headers in nginx's order.
func nginxAnswer(files fs.FS, r *http.Request) response {
	connection := "Connection: keep-alive"
	if r.Close {
		connection = "Connection: close"
	}
	head := []string{"Server: nginx/" + nginxVersion, "Date: " + date(time.Now())}
	fail := func(status int) response {
		text := fmt.Sprintf("%d %s", status, map[int]string{404: "Not Found", 403: "Forbidden", 405: "Not Allowed"}[status])
		body := "<html>\r\n<head><title>" + text + "</title></head>\r\n<body>\r\n<center><h1>" + text + "</h1></center>\r\n<hr><center>nginx/" +
			nginxVersion + "</center>\r\n</body>\r\n</html>\r\n"
		return response{status, append(head, "Content-Type: text/html", fmt.Sprint("Content-Length: ", len(body)), connection), body}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return fail(http.StatusMethodNotAllowed)
	}
	name := path.Join("usr/share/nginx/html", path.Clean("/"+r.URL.Path))
	if strings.HasSuffix(r.URL.Path, "/") {
		name += "/index.html"
	}
	body, err := fs.ReadFile(files, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(http.StatusNotFound)
	case err != nil:
		return fail(http.StatusForbidden)
	}
	modified := time.Date(2021, time.November, 16, 14, 44, 2, 0, time.UTC)
	if info, err := fs.Stat(files, name); err == nil && !info.ModTime().IsZero() {
		modified = info.ModTime()
	}
	contentType := map[string]string{".html": "text/html", ".txt": "text/plain", ".css": "text/css", ".js": "application/javascript", ".json": "application/json"}[path.Ext(name)]
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	return response{http.StatusOK, append(head, "Content-Type: "+contentType, fmt.Sprint("Content-Length: ", len(body)),
		"Last-Modified: "+date(modified), connection, fmt.Sprintf("ETag: \"%x-%x\"", modified.Unix(), len(body)), "Accept-Ranges: bytes"), string(body)}
}
