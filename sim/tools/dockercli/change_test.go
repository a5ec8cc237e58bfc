package dockercli_test

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/coreutils"
	"drydock/sim/tools/dockercli"
	"drydock/sim/tools/nettools"
	"drydock/sim/tools/procps"
	"drydock/sim/tools/shell"

	"github.com/stretchr/testify/require"
)

var alpine = sim.Image{Name: "alpine", Cmd: []string{"/bin/sh"}, Env: []string{"FROM=image"}}

// newHost returns a host whose images have the usual programs.
func newHost(t *testing.T, more ...command.Table) *sim.Host {
	t.Helper()
	table := coreutils.Commands().With(nettools.Commands(), shell.Commands()).With(more...)
	return simtest.NewHost(t, sim.WithCommands(table), sim.WithImages(alpine))
}

// TestDockerChange goes through the commands that change something. What it prints is what
// was recorded of such commands.
func TestDockerChange(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := newHost(t)
		id := regexp.MustCompile(`\b[0-9a-f]{64}\b`)
		for _, tt := range []struct{ line, want string }{
			{"network create --subnet 10.1.0.0/24 --gateway 10.1.0.9 --ip-range 10.1.0.64/26 app", "ID\n"},
			{"run -d --name db --network app --network-alias sql --expose 5432 docker.io/library/alpine:latest sleep infinity", "ID\n"},
			{"inspect -f {{.NetworkSettings.Networks.app.IPAddress}} db", "10.1.0.64\n"},
			{"run --rm --net app --ip 10.1.0.70 alpine hostname -i", "10.1.0.70\n"},
			{"run --rm -e A=1 -e NONE alpine sh -c 'echo $FROM $A $NONE'", "image 1\n"},
			{"run alpine sh -c 'exit 3'", "exit status 3\n"},
			{"run --rm --network app alpine cat /etc/resolv.conf", "nameserver 127.0.0.11\noptions ndots:0\n"},
			{"run --rm -i alpine cat", ""},
			{"run -it alpine true", "the input device is not a TTY\nexit status 1\n"},
			{"run --rm -t alpine echo x", "x\r\n"},
			{"run -d --rm --name short alpine true", "ID\n"},
			{"inspect short", "[]\nError: No such object: short\nexit status 1\n"},
			{"run --name no alpine nosuch", "docker: Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"nosuch\": executable file not found in $PATH: unknown.\nexit status 127\n"},
			{"run --rm alpine /no/such", "docker: Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"/no/such\": stat /no/such: no such file or directory: unknown.\nexit status 127\n"},
			{"ps -a -f name=^/no$ --format '{{.Names}} {{.Status}} {{.Command}}'", "no Created \"nosuch\"\n"},
			{"run nosuch", "Unable to find image 'nosuch:latest' locally\ndocker: Error response from daemon: pull access denied for nosuch, repository does not exist or may require 'docker login': denied: requested access to the resource is denied.\nSee 'docker run --help'.\nexit status 125\n"},
			{"create nosuch:1", "Unable to find image 'nosuch:1' locally\nError response from daemon: pull access denied for nosuch, repository does not exist or may require 'docker login': denied: requested access to the resource is denied\nexit status 1\n"},
			{"exec db hostname -i", "10.1.0.64\n"},
			{"exec -e A=2 db env -Q", "env: invalid option -- 'Q'\nTry 'env --help' for more information.\nexit status 125\n"},
			{"exec -e A=2 db sh -c 'echo $A; exit 7'", "2\nexit status 7\n"},
			{"exec db nosuch", "OCI runtime exec failed: exec failed: unable to start container process: exec: \"nosuch\": executable file not found in $PATH: unknown\r\nexit status 126\n"},
			{"exec -it db true", "the input device is not a TTY\nexit status 1\n"},
			{"exec nosuch true", "Error: No such container: nosuch\nexit status 1\n"},
			{"container create --name web alpine sleep infinity", "ID\n"},
			{"network connect --ip 10.1.0.80 --alias www app web", ""},
			{"container start web nosuch", "web\nError response from daemon: No such container: nosuch\nError: failed to start containers: nosuch\nexit status 1\n"},
			{"network connect app web", "Error response from daemon: endpoint with name web already exists in network app\nexit status 1\n"},
			{"network connect --ip 10.1.0.300 app db", "Error response from daemon: Invalid IPv4 address: 10.1.0.300)\nexit status 1\n"},
			{"network connect --link a:b:c app db", "invalid argument \"a:b:c\" for \"--link\" flag: bad format for links: a:b:c\nSee 'docker network connect --help'.\nexit status 125\n"},
			{"network connect --link nosuch host db", "Error response from daemon: container cannot be disconnected from host network or connected to host network\nexit status 1\n"},
			{"network disconnect -f app web", ""},
			{"network disconnect app web", "Error response from daemon: container ID is not connected to network app\nexit status 1\n"},
			{"stop -t 0 db nosuch db", "db\ndb\nError response from daemon: No such container: nosuch\nexit status 1\n"},
			{"wait db", "137\n"},
			{"restart -t -1 db", "db\n"},
			{"pause db", "db\n"},
			{"exec db true", "Error response from daemon: Container db is paused, unpause the container before exec\nexit status 1\n"},
			{"unpause db", "db\n"},
			{"rename db sql", ""},
			{"rename sql ''", "Error: Neither old nor new names may be empty\nexit status 1\n"},
			{"rm sql nosuch no", "no\nError response from daemon: You cannot remove a running container ID. Stop the container before attempting removal or force remove\nError: No such container: nosuch\nexit status 1\n"},
			{"kill sql", "sql\n"},
			{"rm -f sql nosuch", "sql\nError: No such container: nosuch\n"},
			{"network rm app nosuch bridge", "app\nError: No such network: nosuch\nError response from daemon: bridge is a pre-defined network and cannot be removed\nexit status 1\n"},
		} {
			time.Sleep(time.Millisecond) // what is still about to end does
			got := id.ReplaceAllString(docker(t, h, tt.line), "ID")
			require.Equal(t, tt.want, got, tt.line)
		}
	})
}

// TestDocker113Change has words of Docker 1.13 that the client's name for a container is in.
func TestDocker113Change(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithEngine(sim.Docker113), sim.WithCommands(coreutils.Commands()), sim.WithImages(alpine))
		web := simtest.Run(t, h, "web", sim.WithImage(alpine), sim.WithCommand("sleep", "infinity"))
		id := web.ID()
		for _, tt := range []struct{ line, want string }{
			{"exec web nosuch", `rpc error: code = 2 desc = oci runtime error: exec failed: container_linux.go:247: starting container process caused "exec: \"nosuch\": executable file not found in $PATH"` + "\r\nexit status 126\n"},
			{"run alpine nosuch", `docker: Error response from daemon: oci runtime error: container_linux.go:247: starting container process caused "exec: \"nosuch\": executable file not found in $PATH".` + "\nexit status 127\n"},
			{"pause web", "web\n"},
			{"kill " + id[:4], "Error response from daemon: Cannot kill container " + id[:4] + ": Container " + id + " is paused. Unpause the container before stopping\nexit status 1\n"},
			{"unpause web", "web\n"},
			{"kill web", "web\n"},
			{"kill web", "Error response from daemon: Cannot kill container web: Container " + id + " is not running\nexit status 1\n"},
			{"kill " + id[:4], "Error response from daemon: Cannot kill container " + id[:4] + ": Container " + id + " is not running\nexit status 1\n"},
			{"kill -s 99 web", "Error response from daemon: Cannot kill container web: The linux daemon does not support signal 99\nexit status 1\n"},
			{"kill nosuch", "Error response from daemon: Cannot kill container nosuch: No such container: nosuch\nexit status 1\n"},
		} {
			require.Equal(t, tt.want, docker(t, h, tt.line), tt.line)
		}
	})
}

// TestImageOfContainer: a container keeps its image, whoever has the name now.
func TestImageOfContainer(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := newHost(t)
		docker(t, h, "create --name web alpine")
		simtest.Run(t, h, "own", sim.WithImage(sim.Image{Name: "shown"}))
		image, _ := h.Image("alpine")
		short := strings.TrimPrefix(image.ID, "sha256:")[:12]
		const ps = "ps -a --format '{{.Names}} {{.Image}}'"
		require.Equal(t, "own shown\nweb alpine\n", docker(t, h, ps))
		require.NoError(t, h.AddImage(sim.Image{Name: "alpine", Cmd: []string{"other"}}))
		require.Equal(t, "own shown\nweb "+short+"\n", docker(t, h, ps))
		require.True(t, h.RemoveImage("alpine"))
		require.Equal(t, "own shown\nweb "+short+"\n", docker(t, h, ps))
		require.Equal(t, image.ID+" alpine\n", docker(t, h, "inspect -f '{{.Image}} {{.Config.Image}}' web"))
		require.NoError(t, h.AddImage(alpine))
		require.Equal(t, "own shown\nweb alpine\n", docker(t, h, ps))
	})
}

// TestDockerRefuses has what was recorded of wrong flags of run and network create, and
// others of their kind. Nothing is made.
func TestDockerRefuses(t *testing.T) {
	t.Parallel()
	const see = "\nSee 'docker run --help'.\nexit status 125\n"
	h := newHost(t)
	for _, tt := range []struct{ line, want string }{
		{"run --link nosuch:x alpine", "docker: Error response from daemon: could not get container for nosuch: No such container: nosuch." + see},
		{"run --network bridge --ip abc alpine", "docker: Error response from daemon: invalid IPv4 address: abc." + see},
		{"run --network bridge --network host alpine", "docker: Error response from daemon: Container cannot be connected to network endpoints: bridge, host." + see},
		{"run --network container:nosuch alpine", "docker: Error response from daemon: No such container: nosuch." + see},
		{"run --name a/b alpine", "docker: Error response from daemon: Invalid container name (a/b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed." + see},
		{"network create -d nosuchdriver x", "Error response from daemon: plugin \"nosuchdriver\" not found\nexit status 1\n"},
		{"network create -d host x", "Error response from daemon: only one instance of \"host\" network is allowed\nexit status 1\n"},
		{"network create --subnet 10.2.0.0/33 x", "Error response from daemon: Invalid subnet 10.2.0.0/33 : invalid CIDR address: 10.2.0.0/33\nexit status 1\n"},
		{"network create --ipv6 x", "Error response from daemon: could not find an available, non-overlapping IPv6 address pool among the defaults to assign to the network\nexit status 1\n"},
		{"network create -d overlay x", "Error response from daemon: This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.\nexit status 1\n"},
	} {
		require.Equal(t, tt.want, docker(t, h, tt.line), tt.line)
	}
	for c := range h.Containers() {
		require.Fail(t, "a container was made", c.Name())
	}
}

// TestDockerNotStarted has what was recorded of containers that are made and cannot be started: they
// stay, and the flags are not to blame.
func TestDockerNotStarted(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	const exit = "\nexit status 125\n"
	const said, noUser = "docker: Error response from daemon: ", "unable to find user nosuch: no matching entries in passwd file"
	simtest.NewNetwork(t, h, "auto")
	for _, tt := range []struct{ line, want string }{
		{"run --name ca --network nosuch alpine", said + "network nosuch not found." + exit},
		{"run --name cb --network bridge --ip 172.17.0.9 alpine", said + "user specified IP address is supported on user defined networks only." + exit},
		{"run --name cc --network auto --ip 172.18.0.9 alpine", said + "user specified IP address is supported only when connecting to networks with user configured subnets." + exit},
		{"run --name cd -u nosuch alpine", said + noUser + "." + exit},
		{"ps -a --format '{{.Names}} {{.Status}} {{.Networks}}'", "cd Created bridge\ncc Created auto\ncb Created bridge\nca Created nosuch\n"},
		{"inspect -f '{{.State.ExitCode}} {{.State.Error}} {{.Config.User}} {{.State.Pid}}' cd", "128 " + noUser + " nosuch 0\n"},
		{"start ca", "Error response from daemon: network nosuch not found\nError: failed to start containers: ca\nexit status 1\n"},
		{"run --rm --network nosuch alpine", said + "network nosuch not found." + exit},
		{"network connect nosuch2 cb", ""},
		{"network disconnect nosuch2 cb", ""},
		{"network disconnect nosuch2 cb", "Error response from daemon: container {cb} is not connected to the network nosuch2\nexit status 1\n"},
	} {
		if b, ok := h.Container("cb"); ok {
			tt.want = strings.ReplaceAll(tt.want, "{cb}", b.ID())
		}
		require.Equal(t, tt.want, docker(t, h, tt.line), tt.line)
	}
}

// TestDockerTop has ps with whatever options, on the processes as the host has them.
func TestDockerTop(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := newHost(t, procps.Commands())
		docker(t, h, "run -d --name other alpine sleep 1000")
		docker(t, h, "run -d --name web alpine sh -c 'sleep 500 & exec sleep 600'")
		time.Sleep(time.Second)
		pid, err := strconv.Atoi(strings.TrimSpace(docker(t, h, "inspect -f {{.State.Pid}} web")))
		require.NoError(t, err)
		names := strings.NewReplacer("PID1", fmt.Sprint(pid), "PID2", fmt.Sprint(pid+1), "SHIM", fmt.Sprint(pid-20), "<RUN>", "8:00")
		for _, tt := range []struct{ line, want string }{
			{"top web", "UID PID PPID C STIME TTY TIME CMD\nroot PID1 SHIM 0 00:00 ? 00:00:00 sleep 600\nroot PID2 PID1 0 00:00 ? 00:00:00 sleep 500\n"},
			{"top web -o pid,comm", "PID COMMAND\nPID1 sleep\nPID2 sleep\n"},
			{"top web -eo pid,args", "PID COMMAND\nPID1 sleep 600\nPID2 sleep 500\n"},
			{"top web axo pid,ppid", "PID PPID\nPID1 SHIM\nPID2 PID1\n"},
			{"top web aux", "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND\nroot PID1 0.0 0.0 0 0 ? S 00:00 0:00 sleep 600\nroot PID2 0.0 0.0 0 0 ? S 00:00 0:00 sleep 500\n"},
			{"top web -o comm", "Error response from daemon: Couldn't find PID field in ps output\nexit status 1\n"},
			{"top web -o ppid=PID", `Error response from daemon: specifying "ppid=PID" is not allowed` + "\nexit status 1\n"},
			{"top web zz", "Error response from daemon: ps: error: unsupported option (BSD syntax)\nexit status 1\n"},
			{"top nosuch", "Error response from daemon: No such container: nosuch\nexit status 1\n"},
		} {
			got := regexp.MustCompile(` +`).ReplaceAllString(docker(t, h, tt.line), " ")
			require.Equal(t, names.Replace(tt.want), got, tt.line)
		}

		host := func(line string) string {
			out, err := h.Exec(t.Context(), "sh", "-c", line).Output()
			require.NoError(t, err, line)
			return string(out)
		}
		require.Regexp(t, fmt.Sprintf(`(?m)^root +%d +1 .* /usr/bin/containerd-shim-runc-v2 -namespace moby -id [0-9a-f]{64} -address /run/containerd/containerd.sock$`, pid-20), host("ps -ef"))
		require.Regexp(t, fmt.Sprintf(`(?m)^root +%d +%d .* sleep 600$`, pid, pid-20), host("ps -ef"))
		host(fmt.Sprintf("kill -9 %d", pid))
		time.Sleep(time.Second)
		require.Equal(t, "137 0\n", docker(t, h, "inspect -f '{{.State.ExitCode}} {{.State.Pid}}' web"))
		require.NotContains(t, host("ps -ef"), "sleep 600")
		require.Contains(t, host("ps -ef"), "sleep 1000")
	})
}

// TestManyPorts has more ports than the host can choose, which are refused before the first is
// opened, and what a request may be long.
func TestManyPorts(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	before := docker(t, h, "network inspect bridge")
	got := regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAllString(docker(t, h, "run -d -P --expose 1-65535 --name all alpine true"), "ID")
	require.Equal(t, "ID\ndocker: Error response from daemon: driver failed programming external connectivity on endpoint all (ID): all ports are allocated.\nexit status 125\n", got)
	require.Equal(t, before, docker(t, h, "network inspect bridge"))
	l, err := h.Listen(t.Context(), "tcp", ":32768")
	require.NoError(t, err)
	l.Close()
	docker(t, h, "create -p 1024-60000:1024-60000 --name most alpine true")
	require.Equal(t, "58977 60000\n", docker(t, h, `inspect -f '{{len .HostConfig.PortBindings}} {{(index (index .HostConfig.PortBindings "60000/tcp") 0).HostPort}}' most`))
	require.Equal(t, "docker: Error response from daemon: http: request body too large.\nSee 'docker run --help'.\nexit status 125\n",
		docker(t, h, "run -e LONG="+strings.Repeat("x", 16<<20)+" alpine true"))
}

// TestDockerUser has docker's --user with a name and a number.
func TestDockerUser(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for _, tt := range []struct{ line, want string }{
		{"run --rm -u www-data alpine id", "uid=33(www-data) gid=33(www-data) groups=33(www-data)\n"},
		{"run --rm -u 1234:backup alpine id", "uid=1234 gid=34(backup) groups=34(backup)\n"},
		{"run --rm -u 33 alpine whoami", "www-data\n"},
		{"run --rm -u 1234 alpine whoami", "whoami: cannot find name for user ID 1234\nexit status 1\n"},
		{"run --rm -u www-data alpine printenv HOME", "/var/www\n"},
		{"run --rm alpine id", "uid=0(root) gid=0(root) groups=0(root)\n"},
	} {
		require.Equal(t, tt.want, docker(t, h, tt.line), tt.line)
	}
	require.Regexp(t, "^[0-9a-f]{64}\n$", docker(t, h, "run -d --name web -u backup alpine sleep 1000"))
	for _, tt := range []struct{ line, want string }{
		{"exec web id -un", "backup\n"},
		{"exec -u 0 web id -un", "root\n"},
		{"exec -u nosuch web id", "unable to find user nosuch: no matching entries in passwd file\nexit status 126\n"},
		{"exec -u www-data:nosuch web id", "unable to find group nosuch: no matching entries in group file\nexit status 126\n"},
		{"exec -d -u nosuch web id", "Error response from daemon: unable to find user nosuch: no matching entries in passwd file\nexit status 1\n"},
		{"inspect -f {{.Config.User}} web", "backup\n"},
		{"kill web", "web\n"},
	} {
		require.Equal(t, tt.want, strings.ReplaceAll(docker(t, h, tt.line), "\r", ""), tt.line)
	}
}

// TestDockerEnv: a name alone takes away what the image has.
func TestDockerEnv(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	require.NoError(t, h.AddImage(sim.Image{Name: "env", Env: []string{"C=image", "D=image"}}))
	require.Equal(t, "image\n2\nexit status 1\n", docker(t, h, "run --rm -e C -e A=1 -e A=2 env printenv C D A"))
}

// TestDockerInterrupted interrupts commands that wait, and kills the container under one.
func TestDockerInterrupted(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := newHost(t, command.Table{"term": func(ctx context.Context, c *command.Call) int {
			<-ctx.Done()
			return c.Fail(command.Interrupted(ctx), "ending\n")
		}})
		run := func(ctx context.Context, args ...string) (string, int) {
			var out strings.Builder
			status := dockercli.Commands().Run(ctx, &command.Call{Machine: h, Args: append([]string{"docker"}, args...), Stdout: &out, Stderr: &out})
			return out.String(), status
		}
		for _, line := range []string{"run --name web alpine term", "attach web", "logs -f web", "wait web", "exec web term", "events"} {
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, command.SIGTERM)
			out, status := run(ctx, strings.Fields(line)...)
			cancel()
			require.Equal(t, command.SIGTERM.ExitCode(), status, line)
			require.NotContains(t, out, "error", line)
		}
		web, ok := h.Container("web")
		require.True(t, ok)
		_, status := run(t.Context(), "start", "web")
		require.Zero(t, status)
		for _, line := range []string{"exec web term", "attach web", "wait web"} {
			time.AfterFunc(time.Second, func() { web.Kill() })
			_, status = run(t.Context(), strings.Fields(line)...)
			if line == "wait web" {
				require.Zero(t, status)
			} else {
				require.Equal(t, command.Killed, status, line)
			}
			require.NoError(t, web.Start())
		}
	})
}

// FuzzDocker checks that no command line makes docker panic or hang, and that what it
// refuses for its flags makes nothing.
func FuzzDocker(f *testing.F) {
	for _, s := range []string{
		"run -d --name web -p 8080:80 alpine", "run --rm alpine true", "create --network app --ip 1.2.3.4 alpine", "exec web true", "ps -aq --format {{.ID}}",
		"network create --subnet 10.0.0.0/8 x", "rm -f web", "inspect web -f {{json_.}}", "run --link :a --add-host :: alpine", "stop -t 0 web", "-", "--", "run -- -x",
		"run -e= -e =x -h= alpine", "network connect --ip6 ::1 --alias= bridge web", "port web -1/", "run alpine:", "run /", "--help ps", "help run", "-H unix:// ps", "events",
		"logs -f --tail -1 web", "images -q --digests", "pull a:b", "version", "info -f {{json_.}}", "network prune -f --filter until=x", "top web -x", "wait a",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		h, err := sim.NewHost(sim.WithCommands(command.Table{"true": func(context.Context, *command.Call) int { return 0 }}), sim.WithImages(alpine))
		require.NoError(t, err)
		defer h.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var out strings.Builder
		status := dockercli.Commands().Run(ctx, &command.Call{Machine: h, Args: append([]string{"docker"}, strings.Fields(line)...), Stdout: &out, Stderr: &out})
		if status == 125 && strings.Contains(out.String(), "flag") {
			for c := range h.Containers() {
				t.Errorf("%q made %v", line, c)
			}
		}
	})
}
