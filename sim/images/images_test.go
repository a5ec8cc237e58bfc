package images_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"
	"drydock/sim/images"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// run runs a line in a container.
func run(t *testing.T, c *sim.Container, shell, line string) string {
	out, _ := c.Exec(context.Background(), shell, "-c", line).CombinedOutput()
	return string(out)
}

// TestNginx has the log of nginx, its processes and configuration.
func TestNginx(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		web, err := h.Run("web", sim.WithImage(images.Nginx()))
		require.NoError(t, err)
		time.Sleep(time.Second)
		require.Equal(t, "UID          PID    PPID  C STIME TTY          TIME CMD\n"+
			"root           1       0  0 00:00 ?        00:00:00 nginx: master process nginx -g daemon off;\n"+
			"root           2       1  0 00:00 ?        00:00:00 nginx: worker process\n"+
			"root           3       0  0 00:00 ?        00:00:00 ps -ef\n", run(t, web, "sh", "exec ps -ef"))
		require.Contains(t, run(t, web, "sh", "curl -s localhost"), "Welcome to nginx!")
		require.Empty(t, run(t, web, "sh", "kill -9 1; kill -STOP 1; kill -9 2; sleep 1"))
		require.Contains(t, run(t, web, "sh", "echo hello > /usr/share/nginx/html/a.txt; curl -s localhost/a.txt"), "hello")
		run(t, web, "sh", `sed -i 's/listen       80/listen       8080/' /etc/nginx/conf.d/default.conf; nginx -s reload; sleep 1`)
		require.Equal(t, "7000200", run(t, web, "bash", `curl -s -o /dev/null -w '%{exitcode}%{http_code}' localhost; curl -s -o /dev/null -w '%{http_code}' localhost:8080`))
		require.NoError(t, web.Stop(t.Context()))
		logs := logs(t, web)
		require.Contains(t, logs, "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration\n")
		require.Contains(t, logs, "[notice] 1#1: start worker process 2\n")
		require.Contains(t, logs, "[notice] 1#1: signal 3 (SIGQUIT) received, shutting down\n")
	})
}

// logs returns what a container has written.
func logs(t *testing.T, c *sim.Container) string {
	var b strings.Builder
	for e := range c.Logs(t.Context(), sim.LogOptions{}) {
		b.Write(e.Text)
	}
	return b.String()
}

// TestHttpd has the page of httpd, and its stop.
func TestHttpd(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		web, err := h.Run("web", sim.WithImage(images.Httpd()))
		require.NoError(t, err)
		client, err := h.Run("client", sim.WithImage(images.CentOS()), sim.WithCommand("sleep", "1000"))
		require.NoError(t, err)
		addr := web.Inspect().NetworkSettings.IPAddress
		require.Equal(t, "<html><body><h1>It works!</h1></body></html>\n", run(t, client, "sh", "curl -s "+addr))
		require.Contains(t, run(t, client, "sh", "curl -sI "+addr), "Server: Apache/2.4.58 (Unix)\r\nLast-Modified: Mon, 11 Jun 2007 18:53:14 GMT\r\nETag: \"2d-432a5e4a73a80\"\r\n")
		require.Contains(t, run(t, client, "sh", "curl -s "+addr+"/x"), "<h1>Not Found</h1>")
		require.NoError(t, web.Stop(t.Context()))
		require.Contains(t, logs(t, web), "AH00492: caught SIGWINCH, shutting down gracefully")
	})
}

// TestPackages installs ping where it is not.
func TestPackages(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		for _, tt := range []struct {
			image sim.Image
			line  string
		}{
			{images.Ubuntu(), "apt-get update && apt-get install -y iputils-ping && ping -c 1 127.0.0.1"},
			{images.Debian(), "apt update && apt install -y iputils-ping iproute2 && ip link show lo && ping -c 1 127.0.0.1"},
			{images.CentOS(), "yum install -y iputils && ping -c 1 127.0.0.1"},
			{images.Alpine(), "apk add bash iproute2 && bash -c 'ping -c 1 127.0.0.1 && ss -tln'"},
		} {
			c, err := h.Run(tt.image.Name, sim.WithImage(tt.image), sim.WithCommand("sleep", "1000"))
			require.NoError(t, err)
			out := run(t, c, "sh", tt.line)
			require.Regexp(t, "1( packets)? received", out, tt.line)
			require.NoError(t, c.Kill())
		}
	})
}

// TestHelloWorld has the first lines of its message.
func TestHelloWorld(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c, err := h.Run("hello", sim.WithImage(images.HelloWorld()))
	require.NoError(t, err)
	_, err = c.Wait(t.Context())
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(logs(t, c), "\nHello from Docker!\nThis message shows"))
}

// TestEndless has programs that neither wait nor end: the container's stop ends them.
func TestEndless(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for _, argv := range [][]string{
		{"awk", "BEGIN{while(1);}"}, {"sh", "-c", "while :; do :; done"}, {"sed", ":a;ba"}, {"bash", "-c", "f() { f | f & }; while :; do echo $((1)); done > /dev/null"},
		{"sh", "-c", "yes | while read x; do :; done"}, {"awk", "BEGIN{while(1) print 1}"},
	} {
		c, err := h.Run("", sim.WithImage(images.CentOS()), sim.WithCommand(argv...))
		require.NoError(t, err, argv)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		require.NoError(t, c.Kill(), argv)
		_, err = c.Wait(ctx)
		require.NoError(t, err, argv)
		cancel()
	}
}

// TestFirstPrompts has what "docker run -it" shows first, and files as they are in the image.
func TestFirstPrompts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		image  sim.Image
		prompt string
	}{
		{images.Busybox(), "/ # "}, {images.Alpine(), "/ # "}, {images.CentOS(), "[root@box /]# "}, {images.Ubuntu(), "root@box:/# "}, {images.Debian(), "root@box:/# "},
	} {
		simtest.VirtualTime(t, func(t *testing.T) {
			h := simtest.NewHost(t)
			c, err := h.Run("box", sim.WithImage(tt.image), sim.WithHostname("box"), sim.WithCommand("sleep", "1000"))
			require.NoError(t, err)
			var out strings.Builder
			cmd := c.Exec(t.Context(), tt.image.Cmd[0])
			cmd.TTY, cmd.Stdin, cmd.Stdout = true, strings.NewReader("exit\r"), &out
			require.NoError(t, cmd.Run())
			require.Contains(t, out.String(), tt.prompt, tt.image.Name) // what is typed ahead may be echoed before
			require.NotContains(t, run(t, c, "sh", "ls -l /etc"), "0001")
			require.NoError(t, c.Kill())
		})
	}
}

// TestCreated: images are as old as the real ones, where the clock has come that far.
func TestCreated(t *testing.T) {
	t.Parallel()
	for _, image := range images.All() {
		require.True(t, image.Created.Before(time.Now().AddDate(-1, 0, 0)) && image.Created.Year() > 2013, image.Name)
	}
	synctest.Test(t, func(t *testing.T) {
		for _, image := range images.All() {
			require.True(t, image.Created.IsZero(), image.Name) // it is 2000
		}
	})
}

// TestAccounts has who there is in images, which the real ones' /etc/passwd and /etc/group say.
func TestAccounts(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for _, tt := range []struct {
		image      sim.Image
		line, want string
	}{
		{images.Alpine(), "id nobody; id -u guest; id -u _apt 2>/dev/null || echo none", "uid=65534(nobody) gid=65534(nobody) groups=65534(nobody)\n405\nnone\n"},
		{images.Busybox(), "id nobody; id -u sync; tail -1 /etc/group", "uid=65534(nobody) gid=65534(nobody) groups=65534(nobody)\n4\nnobody:x:65534:\n"},
		{images.CentOS(), "id nobody; id dbus", "uid=99(nobody) gid=99(nobody) groups=99(nobody)\nuid=81(dbus) gid=81(dbus) groups=81(dbus)\n"},
		{images.Nginx(), "id nginx; ls -l /docker-entrypoint.d | cut -c1-10; ls /docker-entrypoint.d", "uid=101(nginx) gid=101(nginx) groups=101(nginx)\ntotal 12\n-rwxr-xr-x\n-rwxr-xr-x\n-rwxr-xr-x\n" +
			"10-listen-on-ipv6-by-default.sh\n20-envsubst-on-templates.sh\n30-tune-worker-processes.sh\n"},
	} {
		c, err := h.Run("", sim.WithImage(tt.image), sim.WithCommand("sleep", "1000"))
		require.NoError(t, err)
		require.Equal(t, tt.want, run(t, c, "sh", tt.line), tt.image.Name)
	}
}

// TestProgramFiles: programs are files where images have them, and can be copied.
func TestProgramFiles(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for _, image := range []sim.Image{images.CentOS(), images.Debian(), images.Alpine(), images.Busybox(), images.Nginx()} {
		c, err := h.Run("", sim.WithImage(image), sim.WithCommand("sleep", "1000"))
		require.NoError(t, err)
		for _, tt := range []struct{ line, want string }{
			{"ls /bin/ls; test -x /bin/sh && test -s /usr/bin/cat && echo yes", "/bin/ls\nyes\n"},
			{"ls -l /bin/ls | cut -c1-10", "-rwxr-xr-x\n"},
			{"ls /bin | grep -x -e cat -e nosuch; ls / | grep -x -e bin -e sbin", "cat\nbin\nsbin\n"},
			{"ls -d /usr/sbin", "/usr/sbin\n"},
			{"cat /bin/ls | grep -c Drydock; /bin/echo run", "1\nrun\n"},
			{"cp /bin/echo /tmp/say; chmod +x /tmp/say; /tmp/say copied", "copied\n"},
			{"mv /bin/echo /bin/tell; /bin/tell moved; tell moved; ls /bin/echo 2>/dev/null || echo gone", "moved\nmoved\ngone\n"},
		} {
			require.Equal(t, tt.want, run(t, c, "sh", tt.line), image.Name+": "+tt.line)
		}
	}
	web, err := h.Run("web", sim.WithImage(images.Nginx()))
	require.NoError(t, err)
	require.Equal(t, "/docker-entrypoint.sh\n", run(t, web, "sh", "ls /docker-entrypoint.sh"))
}

// TestNginxTaken has two of nginx on one host's port: the second tries for two and a half seconds, says
// so in its log and leaves. The sockets of the first are those of nginx.
func TestNginxTaken(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		first := simtest.Run(t, h, "first", sim.WithImage(images.Nginx()), sim.WithHostNetwork())
		require.NoError(t, first.WaitListening(t.Context(), "80/tcp"))
		second := simtest.Run(t, h, "second", sim.WithImage(images.Nginx()), sim.WithHostNetwork())
		begun := time.Now()
		status, err := second.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, status)
		require.Equal(t, 2500*time.Millisecond, time.Since(begun))
		const at = "2000/01/01 00:00:02 "
		require.Contains(t, logs(t, second), at+"[emerg] 1#1: bind() to [::]:80 failed (98: Address already in use)\nnginx: [emerg] bind() to [::]:80 failed (98: Address already in use)\n"+
			at+"[notice] 1#1: try again to bind() after 500ms\n"+at+"[emerg] 1#1: still could not bind()\nnginx: [emerg] still could not bind()\n")
		require.Equal(t, 5, strings.Count(logs(t, second), "\nnginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)\n"))
		require.NotContains(t, logs(t, second), "start worker processes")
		for _, s := range first.Sockets() {
			if s.Local.Port() == 80 {
				require.Equal(t, 511, s.SendQ)
				require.Equal(t, s.IPv6, s.IPv6Only)
			}
		}
	})
}

// TestNginxListens has servers share sockets, and a configuration that cannot be change nothing.
func TestNginxListens(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		web, err := h.Run("web", sim.WithImage(images.Nginx()))
		require.NoError(t, err)
		time.Sleep(time.Second)
		listening := func() (list []string) {
			for _, s := range web.Sockets() {
				if s.State.String() == "LISTEN" {
					list = append(list, s.Local.String())
				}
			}
			slices.Sort(list)
			return list
		}
		for _, test := range []struct {
			config string
			want   []string
		}{
			{"server { \n listen 80; \n }\n server { \n listen 80; \n listen *:81; \n listen 127.0.0.1:81; }", []string{"0.0.0.0:80", "0.0.0.0:81"}},
			{"server { \n listen 127.0.0.1; \n }", []string{"127.0.0.1:80"}},
			{"server { \n listen [::]:80 default_server ipv6only=off; \n }", []string{"0.0.0.0:80", "[::]:80"}},
			{"server { \n listen 99999; \n }", []string{"0.0.0.0:80", "[::]:80"}},
			{"server { \n listen 10.9.9.9:80; \n }", []string{"0.0.0.0:80", "[::]:80"}},
			{"", []string{"0.0.0.0:80"}},
		} {
			run(t, web, "sh", "echo '"+test.config+"' > /etc/nginx/conf.d/default.conf; nginx -s reload; sleep 4")
			require.Equal(t, test.want, listening(), test.config)
		}
		require.Contains(t, logs(t, web), `[emerg] invalid port in "99999" of the "listen" directive in /etc/nginx/conf.d/default.conf:2`)
		require.Contains(t, logs(t, web), "bind() to 10.9.9.9:80 failed (99: Cannot assign requested address)")
	})
}
