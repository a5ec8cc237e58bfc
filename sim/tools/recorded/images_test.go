package recorded

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"drydock/sim"
	"drydock/sim/images"
	tree "drydock/sim/internal/files"
	"drydock/sim/tools"
	"drydock/sim/tools/command"
)

// images are those of the recorded host: one file system of Debian 12 with the programs of package
// tools, with these commands, ports and environments.
func (l *lab) images() []sim.Image {
	sleep, who := []string{"sh", "/sleep.sh"}, []string{"who", "80", "443", "53", "9000"}
	ports := []string{"80", "443", "53", "53/udp", "8002-8004", "9000"}
	list := []sim.Image{
		{Name: "centos", Cmd: []string{"/bin/bash"}},
		{Name: "centos:v1", Cmd: sleep},
		{Name: "nginx", Cmd: []string{"nginx", "-g", "daemon off;"}, Expose: []string{"80"}, Env: []string{"NGINX_VERSION=1.21.1", "NJS_VERSION=0.6.1", "PKG_RELEASE=1~buster"}, StopSignal: "SIGQUIT"},
		{Name: "training/webapp", Cmd: []string{"python", "app.py"}, Expose: []string{"5000"}, WorkingDir: "/opt/webapp"},
		{Name: "training/postgres", Cmd: sleep, Expose: []string{"5432"}, Env: []string{"PG_VERSION=9.3"}},
		{Name: "multi", Cmd: who, Expose: append([]string{"132/sctp"}, ports...), Env: []string{"FOO=bar", "EMPTY=", "SP=a b", "X_Y-Z=q"}},
		{Name: "multip", Cmd: who, Expose: ports},
	}
	nginx := images.Nginx()
	programs := tools.Default().With(command.Table{"who": command.Uncaught(l.who), "nginx": nginx.Commands["nginx"], "python": sleepServer, "python3": python3})
	for _, ofHost := range []string{"docker", "systemctl"} {
		delete(programs, ofHost)
	}
	own := fstest.MapFS{"var/log/nginx/error.log": {Mode: 0o644}, "var/log/nginx/access.log": {Mode: 0o644}, "sleep.sh": {Data: []byte("trap 'exit 0' TERM\nwhile true; do sleep 3600 & wait; done\n"), Mode: 0o755}}
	if l.release != sim.Docker20 {
		own["usr/share/nginx/html/index.html"] = &fstest.MapFile{Data: []byte(page), Mode: 0o644}
	}
	files := tree.Layers{own, nginx.Files}
	for i := range list {
		list[i].Commands = programs
		list[i].Files = files
	}
	return list
}

// page is that of nginx 1.22, which the lab had with 28 and 29.
const page = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
`

// python3 is what the recordings have of it: "-m json.tool" indents JSON, and -c tells the keys of
// objects in it.
func python3(_ context.Context, c *command.Call) int {
	if len(c.Args) == 3 && c.Args[1] == "-c" {
		return printKeys(c)
	}
	if !strings.HasPrefix(strings.Join(c.Args[1:], " "), "-m json.tool") {
		return c.Fail(2, "python3: can't open file %q\n", c.Args[1:])
	}
	text, _ := io.ReadAll(c.Stdin)
	var b bytes.Buffer
	if err := json.Indent(&b, bytes.TrimSpace(text), "", "    "); err != nil {
		return c.Fail(1, "%v\n", err)
	}
	c.Printf("%s\n", &b)
	return 0
}

var sortedRE = re(`print\(sorted\(d((?:\["\w+"\])*)\)\)`)

// printKeys is a program of print(sorted(d["A"]["B"])).
func printKeys(c *command.Call) int {
	var whole map[string]any
	if err := json.NewDecoder(c.Stdin).Decode(&whole); err != nil {
		return c.Fail(1, "%v\n", err)
	}
	for _, m := range sortedRE.FindAllStringSubmatch(c.Args[2], -1) {
		d := whole
		for _, key := range re(`\w+`).FindAllString(m[1], -1) {
			var ok bool
			if d, ok = d[key].(map[string]any); !ok {
				return c.Fail(1, "Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\nKeyError: '%s'\n", key)
			}
		}
		c.Printf("['%s']\n", strings.Join(slices.Sorted(maps.Keys(d)), "', '"))
	}
	return 0
}

// sleepServer is a program that serves nobody.
func sleepServer(ctx context.Context, _ *command.Call) int {
	<-ctx.Done()
	return command.Interrupted(ctx)
}

// who is whoServer once its interpreter has begun.
func (l *lab) who(ctx context.Context, c *command.Call) int {
	select {
	case <-time.After(time.Duration(l.begins.Load())):
	case <-ctx.Done():
		return command.Interrupted(ctx)
	}
	return whoServer(ctx, c)
}

// whoServer tells who comes to a port, by TCP and by UDP, who he is.
func whoServer(ctx context.Context, c *command.Call) int {
	var serving sync.WaitGroup
	defer serving.Wait()
	me := strings.Replace(c.Machine.Hostname(), "outside", "docker", 1) // the lab's machines had one name
	for _, port := range c.Args[1:] {
		l, err := c.Machine.Listen(ctx, "tcp4", ":"+port)
		if err != nil {
			return c.Fail(1, "who: %v\n", err)
		}
		p, err := c.Machine.ListenPacket(ctx, "udp4", ":"+port)
		if err != nil {
			return c.Fail(1, "who: %v\n", err)
		}
		context.AfterFunc(ctx, func() { l.Close(); p.Close() })
		serving.Go(func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				fmt.Fprintf(conn, "you are %s, I am %s (%s)\n", shown(conn.RemoteAddr()), shown(conn.LocalAddr()), me)
				conn.Close()
			}
		})
		serving.Go(func() {
			b := make([]byte, 2048)
			for {
				_, from, err := p.ReadFrom(b)
				if err != nil {
					return
				}
				fmt.Fprintf(writerTo{p, from}, "you are %s, I got it on %s (%s)\n", shown(from), udpAddr(c.Machine, p), me)
			}
		})
	}
	<-ctx.Done()
	return command.Interrupted(ctx)
}

// shown is an address as the server prints it.
func shown(a net.Addr) string { return strings.Replace(a.String(), "[::ffff:", "[", 1) }

type writerTo struct {
	p  net.PacketConn
	to net.Addr
}

func (w writerTo) Write(b []byte) (int, error) { return w.p.WriteTo(b, w.to) }

// udpAddr is an address of the machine with the port of a socket.
func udpAddr(m command.Machine, p net.PacketConn) string {
	_, port, _ := net.SplitHostPort(p.LocalAddr().String())
	if c, ok := m.(interface{ Interfaces() []sim.Interface }); ok {
		for _, i := range c.Interfaces() {
			if !i.Loopback && len(i.Addrs) > 0 {
				return net.JoinHostPort(i.Addrs[0].Addr().String(), port)
			}
		}
	}
	return p.LocalAddr().String()
}
