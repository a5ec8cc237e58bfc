package images

import (
	"context"
	"fmt"
	"net"
	"net/http"
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
		Commands: debianWith("curl", command.Table{"nginx": nginx, "/docker-entrypoint.sh": nginxEntrypoint}),
		Files:    layers{files("nginx-docker"), files("nginx"), files("debian")},
	}
}

// entrypoint is a script of that name: it runs what it is given in its place.
func entrypoint(ctx context.Context, c *command.Call) int {
	if len(c.Args) < 2 {
		return 0
	}
	next := *c
	next.Args = c.Args[1:]
	return next.Exec(ctx)
}

// nginxEntrypoint prepares the configuration first, and tells.
func nginxEntrypoint(ctx context.Context, c *command.Call) int {
	if len(c.Args) > 1 && (c.Args[1] == "nginx" || c.Args[1] == "nginx-debug") {
		c.Printf("%s", nginxPrepared)
	}
	return entrypoint(ctx, c)
}

// nginxPrepared is what the script of the image of 1.20.2 prints.
const nginxPrepared = `/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration
/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/
/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh
10-listen-on-ipv6-by-default.sh: info: Getting the checksum of /etc/nginx/conf.d/default.conf
10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf
/docker-entrypoint.sh: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh
/docker-entrypoint.sh: Launching /docker-entrypoint.d/30-tune-worker-processes.sh
/docker-entrypoint.sh: Configuration complete; ready for start up
`

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
		WaitListening(ctx context.Context, port string) error
	})
	if !ok {
		return c.Fail(1, "nginx: [alert] fork() failed\n")
	}
	// The sockets are the master's before it goes to the background. Here it opens them again, for which
	// who has called nginx waits.
	site, sockets, ok := newNginxLog(c).open(ctx, c.Files, nil)
	if !ok {
		return 1
	}
	closeAll(sockets)
	if err := m.Exec(context.WithoutCancel(ctx), "nginx", "-g", "daemon off;").Start(); err != nil {
		return c.Fail(1, "nginx: [alert] %v\n", err)
	}
	ctx, cancel := context.WithTimeout(ctx, nginxTries*nginxWait) // as long as it tries
	defer cancel()
	for _, port := range site.ports() {
		if m.WaitListening(ctx, port) != nil {
			break // it ends, and has said why
		}
	}
	return 0
}

func nginxSignal(c *command.Call, name string) int {
	signal, ok := map[string]command.Signal{"stop": command.SIGTERM, "quit": command.SIGQUIT, "reload": command.SIGHUP, "reopen": command.SIGCHLD}[name]
	if !ok {
		return c.Fail(1, "nginx: invalid option: \"-s %s\"\n", name)
	}
	for _, p := range c.Processes().List() {
		if p.Name() == "nginx" && p != c.Process() { // the master, as it was there before its worker
			me := c.Process().PID
			c.Errorf("%s [notice] %d#%d: signal process started\n", time.Now().UTC().Format("2006/01/02 15:04:05"), me, me)
			c.Kill(p.PID, signal)
			return 0
		}
	}
	return c.Fail(1, "nginx: [error] open() \"/run/nginx.pid\" failed (2: No such file or directory)\n")
}

// nginxServe is the master process. Its worker, which serves, is started again if it is killed.
func nginxServe(ctx context.Context, c *command.Call) int {
	master := c.Process()
	master.SetTitle("nginx: master process " + strings.Join(c.Args, " "))
	log := newNginxLog(c)
	notice := func(format string, args ...any) { log.say("notice", format, args...) }
	reload := c.Notify(command.SIGHUP)
	var site *nginxSite
	for ctx.Err() == nil {
		now, sockets, ok := log.open(ctx, c.Files, site)
		if !ok {
			break
		}
		begun := site != nil
		if site = now; !begun {
			notice("using the \"epoll\" event method")
			notice("nginx/%s", nginxVersion)
			notice("start worker processes")
		}
		worker, root := *c, site.root
		process, run := command.Table{"nginx": func(ctx context.Context, c *command.Call) int {
			c.Process().SetTitle("nginx: worker process")
			serveOn(ctx, sockets, func(conn net.Conn) { nginxConn(log, root, conn) })
			return 0
		}}.Prepare(ctx, &worker)
		notice("start worker process %d", process.PID)
		until(reload, process, run)
		closeAll(sockets) // of a worker that never ran
	}
	if ctx.Err() == nil {
		return 1
	}
	switch s := command.Signal(command.Interrupted(ctx) - 128); s {
	case command.SIGKILL:
	case command.SIGQUIT:
		notice("signal %d (%s) received, shutting down", int(s), s.String())
		notice("exit")
	default:
		notice("signal %d (%s) received, exiting", int(s), s.String())
		notice("exit")
	}
	return 0
}

// until runs a worker until it ends, as it does when its master is to read the configuration.
func until(reload <-chan command.Signal, worker *command.Process, run func() int) {
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		select {
		case <-reload:
			worker.Signal(command.SIGQUIT)
		case <-done:
		}
	}()
	run()
	close(done)
	<-over
}

// nginxConn serves a client, with a line of the log for each request.
func nginxConn(c *nginxLog, root string, conn net.Conn) {
	client, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
	serveHTTP(conn, func(r *http.Request) response {
		resp := nginxAnswer(c.Files, root, r)
		size := len(resp.body)
		if r.Method == http.MethodHead {
			size = 0
		}
		fmt.Fprintf(c.access, "%s - - [%s] \"%s %s %s\" %d %d \"%s\" \"%s\" \"-\"\n", client, time.Now().UTC().Format("02/Jan/2006:15:04:05 -0700"),
			r.Method, r.RequestURI, r.Proto, resp.status, size, orDash(r.Referer()), orDash(r.UserAgent()))
		return resp
	})
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
