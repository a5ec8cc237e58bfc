package dockercli_test

import (
	"strings"
	"testing"

	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/dockercli"

	"github.com/stretchr/testify/require"
)

// TestComplete has what a prompt offers for docker.
func TestComplete(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	simtest.NewNetwork(t, h, "app")
	simtest.Run(t, h, "web")
	gone := simtest.Run(t, h, "gone")
	require.NoError(t, gone.Kill())
	for line, want := range map[string]string{
		"ne": "network", "network c": "connect create", "x y": "", "": "attach container create events exec image images info inspect kill logs network pause port ps pull rename restart rm rmi run start stop system top unpause version wait",
		"stop ": "web", "start ": "gone", "rm ": "gone web", "rm web ": "gone web", "container stop w": "web", "exec -it ": "web", "exec web ": "",
		"network connect ": "app bridge host none", "network connect app ": "gone web", "network connect app web ": "", "network create ": "",
		"run --network ": "app bridge host none", "run --net=x --link ": "web", "run -p ": "", "run --na": "--name", "ps --no": "--no-trunc", "ps ": "", "rename gone ": "",
		"inspect ": "gone web app bridge host none alpine:latest", "run ": "alpine:latest", "run --pri": "--privileged", "network ls --f": "--filter --format", "help": "",
	} {
		var out strings.Builder
		words := append([]string{command.Completer("docker")}, strings.Split(line, " ")...)
		require.Zero(t, dockercli.Commands().Run(t.Context(), &command.Call{Machine: h, Args: words, Stdout: &out, Stderr: &out}))
		require.Equal(t, want, strings.Join(strings.Fields(out.String()), " "), line)
	}
}
