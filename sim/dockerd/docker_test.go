package dockerd_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/dockerd"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// A cli is Docker's own command docker, with the API as its daemon.
type cli struct {
	path, socket, config string
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
		return out.String(), exit.ExitCode()
	}
	require.NoError(t, err)
	return out.String(), 0
}

// timeRE finds when a process was started.
var timeRE = regexp.MustCompile(`\d\d:\d\d {15}\?`)

// TestDockerCommand drives a host with Docker's own command.
func TestDockerCommand(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithCommands(programs))
	docker := newCLI(t, dockerd.Handler(h))
	web := simtest.Run(t, h, "web", image("sleep"))
	for _, tt := range []struct {
		line, stdin, want string
		status            int
	}{
		{line: "network create n1", want: "{id}\n"},
		{line: "network create n1", want: "Error response from daemon: network with name n1 already exists\n", status: 1},
		{line: "network create bridge", want: "Error response from daemon: operation is not permitted on predefined bridge network\n", status: 1},
		{line: "network ls --format {{.Name}}", want: "bridge\nhost\nn1\nnone\n"},
		{line: "network ls -q --filter name=n1 --no-trunc", want: "{id}\n"},
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
			"root                1                   0                   0                   {time}                   00:00:00            sleep\n"},
		{line: "rm -f web", want: "web\n"},
		{line: "logs web", want: "Error: No such container: web\n", status: 1},
		{line: "swarm join-token worker", want: "Error response from daemon: This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.\n", status: 1},
		{line: "node ls", want: "Error response from daemon: This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.\n", status: 1},
		{line: "version -f {{.Server.Version}},{{.Server.APIVersion}}", want: "20.10.24,1.41\n"},
		{line: "info -f {{.ServerVersion}},{{.Containers}},{{.Name}}", want: "20.10.24,0,docker\n"},
		{line: "system df", want: "Error response from daemon: page not found\n", status: 1},
	} {
		got, status := docker.run(t, tt.stdin, strings.Fields(tt.line)...)
		want := strings.ReplaceAll(tt.want, "{web}", web.ID())
		if n, ok := h.Network("n1"); ok {
			want = strings.NewReplacer("{n1}", n.ID(), "{id}", n.ID()).Replace(want)
		}
		require.Equal(t, want, timeRE.ReplaceAllString(got, "{time}"), "docker %s", tt.line)
		require.Equal(t, tt.status, status, "docker %s", tt.line)
	}
}
