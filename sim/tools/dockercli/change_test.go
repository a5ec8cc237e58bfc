package dockercli_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/dockercli"

	"github.com/stretchr/testify/require"
)

var alpine = sim.Image{Name: "alpine", Cmd: []string{"/bin/sh"}, Env: []string{"FROM=image"}}

// TestDockerChange goes through the commands that change something. What it prints is what
// was recorded of such commands.
func TestDockerChange(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		id := regexp.MustCompile(`\b[0-9a-f]{64}\b`)
		for _, tt := range []struct{ line, want string }{
			{"network create --subnet 10.1.0.0/24 --gateway 10.1.0.9 --ip-range 10.1.0.64/26 app", "ID\n"},
			{"run -d --name db --network app --network-alias sql --expose 5432 docker.io/library/alpine:latest", "ID\n"},
			{"inspect -f {{.NetworkSettings.Networks.app.IPAddress}} db", "10.1.0.64\n"},
			{"run --rm --net app --ip 10.1.0.70 alpine hostname -i", "10.1.0.70\n"},
			{"run --rm -e A=1 -e NONE alpine sh -c 'echo $FROM $A'", "image 1\n"},
			{"run alpine sh -c 'exit 3'", "exit status 3\n"},
			{"run --rm --network app alpine cat /etc/resolv.conf", "nameserver 127.0.0.11\noptions ndots:0\n"},
			{"run --rm -i alpine cat", ""},
			{"run -t alpine true", "the input device is not a TTY\nexit status 1\n"},
			{"run -d --rm alpine", "docker: --rm with --detach is not supported.\nSee 'docker run --help'.\nexit status 125\n"},
			{"run --name no alpine nosuch", "docker: Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"nosuch\": executable file not found in $PATH: unknown.\nexit status 127\n"},
			{"run --rm alpine /no/such", "docker: Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"/no/such\": stat /no/such: no such file or directory: unknown.\nexit status 127\n"},
			{"ps -a -f name=no --format '{{.Names}} {{.Status}} {{.Command}}'", "no Created \"nosuch\"\n"},
			{"run nosuch", "Unable to find image 'nosuch:latest' locally\ndocker: Error response from daemon: Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host.\nSee 'docker run --help'.\nexit status 125\n"},
			{"create nosuch:1", "Unable to find image 'nosuch:1' locally\nError response from daemon: Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host\nexit status 1\n"},
			{"exec db hostname -i", "10.1.0.64\n"},
			{"exec -e A=2 db env -Q", "env: invalid option -- 'Q'\nTry 'env --help' for more information.\nexit status 125\n"},
			{"exec -e A=2 db sh -c 'echo $A; exit 7'", "2\nexit status 7\n"},
			{"exec db nosuch", "OCI runtime exec failed: exec failed: unable to start container process: exec: \"nosuch\": executable file not found in $PATH: unknown\nexit status 126\n"},
			{"exec -t db true", "the input device is not a TTY\nexit status 1\n"},
			{"exec nosuch true", "Error: No such container: nosuch\nexit status 1\n"},
			{"container create --name web alpine", "ID\n"},
			{"network connect --ip 10.1.0.80 --alias www app web", ""},
			{"container start web nosuch", "web\nError response from daemon: No such container: nosuch\nError: failed to start containers: nosuch\nexit status 1\n"},
			{"network connect app web", "Error response from daemon: endpoint with name web already exists in network app\nexit status 1\n"},
			{"network connect --ip 10.1.0.300 app db", "Error response from daemon: Invalid IPv4 address: 10.1.0.300)\nexit status 1\n"},
			{"network connect --link a:b:c app db", "invalid argument \"a:b:c\" for \"--link\" flag: bad format for links: a:b:c\nSee 'docker network connect --help'.\nexit status 125\n"},
			{"network connect --link nosuch bridge db", "Error response from daemon: No such container: nosuch\nexit status 1\n"},
			{"network disconnect -f app web", ""},
			{"network disconnect app web", "Error response from daemon: container ID is not connected to network app\nexit status 1\n"},
			{"stop -t 0 db nosuch db", "db\ndb\nError response from daemon: No such container: nosuch\nexit status 1\n"},
			{"wait db", "0\n"},
			{"restart -t -1 db", "db\n"},
			{"pause db", "db\n"},
			{"exec db true", "Error response from daemon: Container db is paused, unpause the container before exec\nexit status 1\n"},
			{"unpause db", "db\n"},
			{"rename db sql", ""},
			{"rename sql ''", "Error: Neither old nor new names may be empty\nexit status 1\n"},
			{"rm sql nosuch no", "Error response from daemon: You cannot remove a running container ID. Stop the container before attempting removal or force remove\nError: No such container: nosuch\nno\nexit status 1\n"},
			{"kill sql", "sql\n"},
			{"rm -f sql nosuch", "sql\nError: No such container: nosuch\n"},
			{"network rm app nosuch bridge", "app\nError: No such network: nosuch\nError response from daemon: bridge is a pre-defined network and cannot be removed\nexit status 1\n"},
		} {
			got := id.ReplaceAllString(docker(t, h, tt.line, alpine), "ID")
			require.Equal(t, tt.want, got, tt.line)
		}
	})
}

// TestDockerRefuses has what was recorded of wrong flags of run and network create, and
// others of their kind. Nothing is made.
func TestDockerRefuses(t *testing.T) {
	t.Parallel()
	const see = "\nSee 'docker run --help'.\nexit status 125\n"
	h := simtest.NewHost(t)
	for _, tt := range []struct{ line, want string }{
		{"run", "\"docker run\" requires at least 1 argument.\nSee 'docker run --help'.\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun a command in a new container\nexit status 1\n"},
		{"run --restart always alpine", "unknown flag: --restart" + see},
		{"run -v /a:/b alpine", "unknown shorthand flag: 'v' in -v" + see},
		{"run -d --name x1 --network", "flag needs an argument: --network" + see},
		{"run --dns abc alpine", "invalid argument \"abc\" for \"--dns\" flag: abc is not an ip address" + see},
		{"run --add-host foo alpine", "invalid argument \"foo\" for \"--add-host\" flag: bad format for add-host: \"foo\"" + see},
		{"run --link tgt:x:y alpine", "invalid argument \"tgt:x:y\" for \"--link\" flag: bad format for links: tgt:x:y" + see},
		{"run --link '' alpine", "invalid argument \"\" for \"--link\" flag: empty string specified for links" + see},
		{"run --link nosuch:x alpine", "docker: Error response from daemon: could not get container for nosuch: No such container: nosuch." + see},
		{"run -p 8080:70000 alpine", "docker: Invalid containerPort: 70000." + see},
		{"create -p 8080:70000 alpine", "Invalid containerPort: 70000\nSee 'docker create --help'.\nexit status 125\n"},
		{"run --network bridge --ip abc alpine", "docker: Error response from daemon: invalid IPv4 address: abc." + see},
		{"run --network nosuch alpine", "docker: Error response from daemon: network nosuch not found.\nexit status 125\n"},
		{"run --network bridge --network host alpine", "docker: Error response from daemon: Container cannot be connected to network endpoints: bridge, host." + see},
		{"run --network container: alpine", "docker: Error response from daemon: Invalid network mode: invalid container format container:<name|id>." + see},
		{"run --network container:nosuch alpine", "docker: Error response from daemon: No such container: nosuch.\nexit status 125\n"},
		{"run --network host --network-alias foo alpine", "docker: network-scoped aliases are only supported for user-defined networks." + see},
		{"run --name a/b alpine", "docker: Error response from daemon: Invalid container name (a/b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed." + see},
		{"exec web", "\"docker exec\" requires at least 2 arguments.\nSee 'docker exec --help'.\n\nUsage:  docker exec [OPTIONS] CONTAINER COMMAND [ARG...]\n\nRun a command in a running container\nexit status 1\n"},
		{"network connect", "\"docker network connect\" requires exactly 2 arguments.\nSee 'docker network connect --help'.\n\nUsage:  docker network connect [OPTIONS] NETWORK CONTAINER\n\nConnect a container to a network\nexit status 1\n"},
		{"network create a b", "\"docker network create\" requires exactly 1 argument.\nSee 'docker network create --help'.\n\nUsage:  docker network create [OPTIONS] NETWORK\n\nCreate a network\nexit status 1\n"},
		{"network create -o a=b x", "unknown shorthand flag: 'o' in -o\nSee 'docker network create --help'.\nexit status 125\n"},
		{"network create -d nosuchdriver x", "Error response from daemon: plugin \"nosuchdriver\" not found\nexit status 1\n"},
		{"network create -d host x", "Error response from daemon: only one instance of \"host\" network is allowed\nexit status 1\n"},
		{"network create --subnet 10.2.0.0/33 x", "Error response from daemon: Invalid subnet 10.2.0.0/33 : invalid CIDR address: 10.2.0.0/33\nexit status 1\n"},
		{"network create --gateway 10.2.0.1 x", "every ip-range or gateway must have a corresponding subnet\nexit status 1\n"},
		{"network create --subnet 10.2.0.0/24 --gateway 10.2.0.300 x", "no matching subnet for gateway 10.2.0.300\nexit status 1\n"},
		{"network create --subnet 10.2.0.0/24 --ip-range 10.3.0.0/24 x", "no matching subnet for range 10.3.0.0/24\nexit status 1\n"},
		{"network create --ipv6 x", "Error response from daemon: could not find an available, non-overlapping IPv6 address pool among the defaults to assign to the network\nexit status 1\n"},
		{"network create --subnet fd00:1::/64 x", "Error response from daemon: an IPv6 subnet without --ipv6 is not supported\nexit status 1\n"},
		{"network rm", "\"docker network rm\" requires at least 1 argument.\nSee 'docker network rm --help'.\n\nUsage:  docker network rm NETWORK [NETWORK...]\n\nRemove one or more networks\nexit status 1\n"},
	} {
		require.Equal(t, tt.want, docker(t, h, tt.line, alpine), tt.line)
	}
	for c := range h.Containers() {
		require.Fail(t, "a container was made", c.Name())
	}
}

// TestDockerHelp has --help of a command with flags as Docker 20.10.24 prints it, but for
// the flags that are not here.
func TestDockerHelp(t *testing.T) {
	t.Parallel()
	require.Equal(t, `
Usage:  docker network disconnect [OPTIONS] NETWORK CONTAINER

Disconnect a container from a network

Options:
  -f, --force   Force the container to disconnect from a network
`, docker(t, nil, "network disconnect --help"))
	require.Contains(t, docker(t, nil, "run --help"), "      --network list         Connect a container to a network\n")
	require.NotContains(t, docker(t, nil, "run --help"), "--net ")
}

// TestDockerInterrupted interrupts commands that wait, and kills the container under one.
func TestDockerInterrupted(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		table := command.Table{"docker": dockercli.New(alpine), "term": func(ctx context.Context, c *command.Call) int {
			<-ctx.Done()
			return c.Fail(9, "ending\n")
		}}
		run := func(ctx context.Context, args ...string) (string, int) {
			var out strings.Builder
			status := table.Run(ctx, &command.Call{Machine: h, Args: append([]string{"docker"}, args...), Stdout: &out, Stderr: &out})
			return out.String(), status
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		out, status := run(ctx, "run", "--name", "web", "alpine", "term")
		require.Equal(t, "ending\n", out)
		require.Equal(t, 9, status)

		web, _ := h.Container("web") // nobody listens any more when it runs again
		require.NoError(t, web.Start())
		require.NoError(t, web.Kill())

		require.NoError(t, web.Start())
		time.AfterFunc(time.Second, func() { web.Kill() })
		out, status = run(t.Context(), "exec", "web", "term")
		require.Equal(t, "ending\n", out)
		require.Equal(t, command.Killed, status)
		_, status = run(t.Context(), "wait", "web")
		require.Zero(t, status)

		err := web.Start()
		require.NoError(t, err)
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		out, status = run(ctx, "wait", "web")
		require.Contains(t, out, context.DeadlineExceeded.Error())
		require.Equal(t, 1, status)
		require.False(t, errors.Is(err, context.Canceled))
	})
}

// FuzzDocker checks that no command line makes docker panic or hang, and that what it
// refuses for its flags makes nothing.
func FuzzDocker(f *testing.F) {
	for _, s := range []string{
		"run -d --name web -p 8080:80 alpine", "run --rm alpine true", "create --network app --ip 1.2.3.4 alpine", "exec web true", "ps -aq --format {{.ID}}",
		"network create --subnet 10.0.0.0/8 x", "rm -f web", "inspect web -f {{json_.}}", "run --link :a --add-host :: alpine", "stop -t 0 web", "-", "--", "run -- -x",
		"run -e= -e =x -h= alpine", "network connect --ip6 ::1 --alias= bridge web", "port web -1/", "run alpine:", "run /",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.Contains(line, "wait") || strings.Contains(line, "run") && !strings.Contains(line, "-d") {
			line = "ps " + line // nobody ends what these would wait for
		}
		h, err := sim.NewHost(sim.WithVirtualTime())
		if err != nil {
			h, err = sim.NewHost()
			require.NoError(t, err)
		}
		defer h.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var out strings.Builder
		table := command.Table{"docker": dockercli.New(alpine), "true": func(context.Context, *command.Call) int { return 0 }}
		status := table.Run(ctx, &command.Call{Machine: h, Args: append([]string{"docker"}, strings.Fields(line)...), Stdout: &out, Stderr: &out})
		if status == 125 && strings.Contains(out.String(), "flag") {
			for c := range h.Containers() {
				t.Errorf("%q made %v", line, c)
			}
		}
	})
}
