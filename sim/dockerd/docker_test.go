package dockerd_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/dockerd"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// A cli is Docker's own command docker, with the API as its daemon.
type cli struct {
	path, socket, config string
	newer                bool // than 25, whose own words are others
}

// newCLI serves a host on a socket. It skips the test where there is no docker.
func newCLI(t *testing.T, h http.Handler) *cli {
	t.Helper()
	c := &cli{config: t.TempDir(), socket: filepath.Join(t.TempDir(), "sock")}
	// Debian's is the release that is emulated; the first in the path may be a newer one.
	for _, path := range []string{"/usr/bin/docker", "docker"} {
		if found, err := exec.LookPath(path); err == nil {
			c.path = found
			break
		}
	}
	if c.path == "" {
		t.Skip("needs Docker's own command: apt-get install docker.io")
	}
	version, err := exec.Command(c.path, "--version").Output()
	require.NoError(t, err)
	var major int
	fmt.Sscanf(string(version), "Docker version %d", &major)
	c.newer = major >= 25
	l, err := dockerd.Listen("unix", c.socket)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- dockerd.Serve(ctx, l, h) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return c
}

// besideRE is what docker adds, or not, by release: when it stops waiting for what did not start, the
// status of a command that fails for one of its arguments, and the full stop of a message.
var besideRE = regexp.MustCompile(`time=.* msg="error waiting for container: context canceled" *\n|(?m)^exit status 1\n|\.(\n\nRun 'docker)`)

// run returns what docker prints, both streams, and its exit status.
func (c *cli) run(t *testing.T, stdin string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.path, args...)
	cmd.Env = append(os.Environ(), "DOCKER_HOST=unix://"+c.socket, "DOCKER_CONFIG="+c.config)
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if exit, ok := err.(*exec.ExitError); ok {
		return besideRE.ReplaceAllString(out.String(), "$1"), exit.ExitCode()
	}
	require.NoError(t, err)
	return out.String(), 0
}

// A step is a line that is typed, and what docker prints.
type step struct {
	line, stdin, want string
	status            int
}

// play types steps. In what is wanted {NAME} is the ID of a container or network, and in what
// is printed patterns become their names.
func (c *cli) play(t *testing.T, h *sim.Host, patterns map[string]*regexp.Regexp, steps []step) {
	t.Helper()
	for _, s := range steps {
		got, status := c.run(t, s.stdin, strings.Fields(s.line)...)
		if c.newer {
			s.want = newerWords(s.want)
		}
		want := nameRE.ReplaceAllStringFunc(s.want, func(name string) string {
			name = strings.Trim(name, "{}")
			if found, ok := h.Container(name); ok {
				return found.ID()
			}
			if n, ok := h.Network(name); ok {
				return n.ID()
			}
			return "{" + name + "}"
		})
		for name, re := range patterns {
			got = re.ReplaceAllString(got, "{"+name+"}")
		}
		require.Equal(t, want, got, "docker %s", s.line)
		require.Equal(t, s.status, status, "docker %s", s.line)
	}
}

// newerWords returns what docker says from release 25 on where it said text: of what is not there
// it repeats the daemon's own message.
func newerWords(text string) string {
	for _, w := range []struct{ re, newer string }{
		{`\.\nSee ('docker [a-z ]+ --help')\.`, "\n\nRun $1 for more information"},
		{`: unknown\.\n`, ": unknown\n\nRun 'docker run --help' for more information\n"},
		{`(?m)^Error: No such network: (\S+)`, "Error response from daemon: network $1 not found"},
		{`(?m)^Error: No such (container|image): (\S+)`, "Error response from daemon: No such $1: $2"},
		{`(?m)(No such image: \w+)$`, "$1:latest"},
	} {
		text = regexp.MustCompile(w.re).ReplaceAllString(text, w.newer)
	}
	return text
}

var nameRE = regexp.MustCompile(`\{\w+\}`)

// TestDockerCommand drives a host with Docker's own command.
func TestDockerCommand(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithCommands(programs))
	docker := newCLI(t, dockerd.Handler(h))
	simtest.Run(t, h, "web", image("sleep"))
	patterns := map[string]*regexp.Regexp{"time": regexp.MustCompile(`\d\d:\d\d {15}\?`), "pids": regexp.MustCompile(`\d{4,7} +\d{4,7} +0 `)}
	docker.play(t, h, patterns, []step{
		{line: "network create n1", want: "{n1}\n"},
		{line: "network create n1", want: "Error response from daemon: network with name n1 already exists\n", status: 1},
		{line: "network create bridge", want: "Error response from daemon: operation is not permitted on predefined bridge network\n", status: 1},
		{line: "network ls --format {{.Name}}", want: "bridge\nhost\nn1\nnone\n"},
		{line: "network ls -q --filter name=n1 --no-trunc", want: "{n1}\n"},
		{line: "network ls --filter nonsense=1", want: "Error response from daemon: Invalid filter 'nonsense'\n", status: 1},
		{line: "network inspect -f {{.IPAM.Config}} n1", want: "[{172.18.0.0/16  172.18.0.1 map[]}]\n"},
		{line: "network inspect nosuch", want: "[]\nError: No such network: nosuch\n", status: 1},
		{line: "network connect --alias w n1 web"},
		{line: "network connect n1 web", want: "Error response from daemon: endpoint with name web already exists in network n1\n", status: 1},
		{line: "network connect nosuch web", want: "Error response from daemon: network nosuch not found\n", status: 1},
		{line: "network rm n1", want: "Error response from daemon: error while removing network: network n1 id {n1} has active endpoints\n", status: 1},
		{line: "network rm bridge", want: "Error response from daemon: bridge is a pre-defined network and cannot be removed\n", status: 1},
		{line: "network disconnect n1 web"},
		{line: "network disconnect n1 web", want: "Error response from daemon: container {web} is not connected to network n1\n", status: 1},
		{line: "network rm n1", want: "n1\n"},
		{line: "ps --format {{.Names}}|{{.Image}}|{{.Command}}|{{.State}}", want: "web|test|\"sleep\"|running\n"},
		{line: "ps -aq --no-trunc --filter name=we --filter status=running", want: "{web}\n"},
		{line: "ps -q --filter status=nonsense", want: "Error response from daemon: Invalid filter 'status=nonsense'\n", status: 1},
		{line: "inspect -f {{.State.Status}} web", want: "running\n"},
		{line: "exec web both a", want: "out a\nerr\n", status: 3},
		{line: "exec -i web cat", stdin: "some text", want: "some text"},
		{line: "exec nosuch true", want: "Error: No such container: nosuch\n", status: 1},
		{line: "exec web nosuch", want: "OCI runtime exec failed: exec failed: unable to start container process: exec: \"nosuch\": executable file not found in $PATH: unknown\r\n", status: 126},
		{line: "exec -w /nosuch web true", want: "OCI runtime exec failed: exec failed: unable to start container process: chdir to cwd (\"/nosuch\") set in config.json failed: no such file or directory: unknown\r\n", status: 126},
		{line: "pause web", want: "web\n"},
		{line: "pause web", want: "Error response from daemon: Container {web} is already paused\n", status: 1},
		{line: "exec web true", want: "Error response from daemon: Container web is paused, unpause the container before exec\n", status: 1},
		{line: "unpause web", want: "web\n"},
		{line: "kill -s WINCH web", want: "web\n"},
		{line: "kill -s nonsense web", want: "Error response from daemon: Invalid signal: nonsense\n", status: 1},
		{line: "rename web www", want: ""},
		{line: "rename www web", want: ""},
		{line: "rm web", want: "Error response from daemon: You cannot remove a running container {web}. Stop the container before attempting removal or force remove\n", status: 1},
		{line: "stop -t 1 web", want: "web\n"},
		{line: "stop web", want: "web\n"},
		{line: "kill web", want: "Error response from daemon: Cannot kill container: web: Container {web} is not running\n", status: 1},
		{line: "ps -q"},
		{line: "start web", want: "web\n"},
		{line: "restart -t 1 web", want: "web\n"},
		{line: "top web", want: "UID                 PID                 PPID                C                   STIME               TTY                 TIME                CMD\n" +
			"root                {pids}                  {time}                   00:00:00            sleep\n"},
		{line: "rm -f web", want: "web\n"},
		{line: "logs web", want: "Error: No such container: web\n", status: 1},
		{line: "swarm join-token worker", want: "Error response from daemon: This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.\n", status: 1},
		{line: "node ls", want: "Error response from daemon: This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.\n", status: 1},
		{line: "version -f {{.Server.Version}},{{.Server.APIVersion}}", want: "20.10.24,1.41\n"},
		{line: "info -f {{.ServerVersion}},{{.Containers}},{{.Name}}", want: "20.10.24,0,docker\n"},
		{line: "system df", want: "Error response from daemon: page not found\n", status: 1},
	})
}

// TestDockerRun has what docker run asks for: images that are there and not, attached and
// not, with input, with a name and without.
func TestDockerRun(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithImages(
		sim.Image{Name: "test", Cmd: []string{"sleep"}, Commands: programs, Expose: []string{"80"}, Env: []string{"A=1"}},
		sim.Image{Name: "team/empty:v1"},
	))
	docker := newCLI(t, dockerd.Handler(h))
	patterns := map[string]*regexp.Regexp{"digest": regexp.MustCompile(`sha256:[0-9a-f]{64}`)}
	docker.play(t, h, patterns, []step{
		{line: "run --rm test both x", want: "out x\nerr\n", status: 3},
		{line: "ps -aq"},
		{line: "run --rm -i test cat", stdin: "some text", want: "some text"},
		{line: "run --name web -d -p 127.0.0.1::80 test", want: "{web}\n"},
		{line: "run --name web test true", status: 125, want: "docker: Error response from daemon: Conflict. The container name \"/web\" is already in use by container \"{web}\". " +
			"You have to remove (or rename) that container to be able to reuse that name.\nSee 'docker run --help'.\n"},
		{line: "run nosuch", status: 125, want: "Unable to find image 'nosuch:latest' locally\ndocker: Error response from daemon: pull access denied for nosuch, " +
			"repository does not exist or may require 'docker login': denied: requested access to the resource is denied.\nSee 'docker run --help'.\n"},
		{line: "run --rm --link db:db test true", status: 125, want: "docker: Error response from daemon: could not get container for db: No such container: db.\nSee 'docker run --help'.\n"},
		{line: "run --rm test nosuch", status: 127, want: "docker: Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: " +
			"unable to start container process: exec: \"nosuch\": executable file not found in $PATH: unknown.\n"},
		{line: "run team/empty:v1", status: 125, want: "docker: Error response from daemon: No command specified.\nSee 'docker run --help'.\n"},
		{line: "ps -q --no-trunc", want: "{web}\n"},
		{line: "create --name job test both y", want: "{job}\n"},
		{line: "start -a job", want: "out y\nerr\n", status: 3},
		{line: "wait job", want: "3\n"},
		{line: "logs job", want: "out y\nerr\n"},
		{line: "rm job", want: "job\n"},
		{line: "images --format {{.Repository}}:{{.Tag}}", want: "team/empty:v1\ntest:latest\n"},
		{line: "images -q --no-trunc test", want: "{digest}\n"},
		{line: "image inspect -f {{.Config.Env}}{{.Config.ExposedPorts}} test", want: "[A=1]map[80/tcp:{}]\n"},
		{line: "image inspect nosuch", want: "[]\nError: No such image: nosuch\n", status: 1},
		{line: "pull test", want: "Using default tag: latest\nlatest: Pulling from library/test\nDigest: {digest}\nStatus: Image is up to date for test:latest\ndocker.io/library/test:latest\n"},
		{line: "pull test:v9", want: "Error response from daemon: manifest for test:v9 not found: manifest unknown: manifest unknown\n", status: 1},
		{line: "pull example.org/x", want: "Using default tag: latest\nError response from daemon: Get \"https://example.org/v2/\": dial tcp: lookup example.org: no such host\n", status: 1},
		{line: "rmi team/empty:v1", want: "Untagged: team/empty:v1\nDeleted: {digest}\n"},
		{line: "rmi team/empty:v1", want: "Error: No such image: team/empty:v1\n", status: 1},
		{line: "rm -f web", want: "web\n"},
	})
	until := time.Now().Unix() + 1 // docker has seconds
	docker.play(t, h, nil, []step{
		{line: fmt.Sprintf("events --since 1h --until %d --filter type=image --format {{.Action}}", until), want: "pull\nuntag\ndelete\n"},
	})
}

// TestDockerTerminal has docker run in a terminal: its size is that of the container's, what
// is typed is echoed once, and ^C reaches the program.
func TestDockerTerminal(t *testing.T) {
	t.Parallel()
	script, err := exec.LookPath("script")
	if err != nil {
		t.Skip("needs script(1)")
	}
	h := simtest.NewHost(t, sim.WithImages(sim.Image{Name: "test", Cmd: []string{"sleep"}, Commands: programs}))
	docker := newCLI(t, dockerd.Handler(h))
	events := h.Subscribe(time.Time{})
	defer events.Close()
	for _, tt := range []struct{ command, typed, want string }{
		{"run --rm -it test size", "", "24 80\r\n"},
		{"run --rm -it test sleep", "\x03", "^C"},
		{"run --rm -it test cat", "hi\n\x04", "hi\r\nhi\r\n"},
	} {
		typed, typing, err := os.Pipe()
		require.NoError(t, err)
		defer typed.Close()
		cmd := exec.CommandContext(t.Context(), script, "-qec", "stty rows 24 columns 80; "+docker.path+" "+tt.command, "/dev/null")
		cmd.Env = append(os.Environ(), "DOCKER_HOST=unix://"+docker.socket, "DOCKER_CONFIG="+docker.config, "TERM=xterm", "SHELL=/bin/sh")
		cmd.Stdin = typed
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		require.NoError(t, cmd.Start())
		// docker has made its terminal raw when it tells its size.
		for event, err := events.Next(t.Context()); event.Action != "resize"; event, err = events.Next(t.Context()) {
			require.NoError(t, err)
		}
		typing.WriteString(tt.typed)
		cmd.Wait() // with the status of what ran
		typing.Close()
		require.Equal(t, tt.want, out.String(), tt.command)
	}
}
