package dockercli

import (
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/dockerd"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// durations are what may pass between one docker and the other.
var durations = regexp.MustCompile(`(\d+|Less than a|About a) (seconds?|minutes?)`)

// sameLines only ask, so two dockers may ask the same host.
var sameLines = []string{
	"ps", "ps -a", "ps -aq", "ps -aq --no-trunc", "ps -a --no-trunc", "ps -as", "ps -n 2", "ps -l", "ps -a --format raw", "ps -aq --format raw", "ps --format table",
	"ps -a --format {{json_.}}", "ps -a --format table_{{.Names}}\\t{{.Label_\"a.b-c\"}}\\t{{.Labels}}\\t{{upper_.Image}}", "ps -a --format {{.Names}}|{{.Mounts}}|{{.LocalVolumes}}|{{.Size}}",
	"ps --filter name=web", "ps -a --filter status=created", "ps --filter nosuch=x", "ps --filter status=x", "ps --filter label=a", "container ls -a",
	"port web", "port web 53/udp", "port web 81", "port web x", "port nosuch", "inspect web", "inspect web bridge nosuch", "container inspect web none", "network inspect app bridge", "network inspect x",
	"inspect -f {{.Name}}|{{.Id}}|{{.ID}}|{{.Created}}|{{.State.StartedAt}}|{{.State.Running}} web", "inspect -f {{json_.}} web", "inspect -f {{json_.Config}} web", "inspect -f {{.NetworkSettings.Ports}} web",
	"inspect -f {{range_$k,$v_:=_.NetworkSettings.Networks}}{{$k}}={{$v.IPAddress}}_{{end}} web db", "inspect -f {{.Nope}} web", "inspect -f {{index_.Config.Labels_\"a.b-c\"}} web", "inspect --type network web",
	"inspect --type container bridge", "network inspect -f {{json_.}} app", "network inspect -f {{.Name}}|{{.IPAM.Config}}|{{.Created}} app",
	"network ls", "network ls -q", "network ls --no-trunc", "network ls --format raw", "network ls -q --format raw", "network ls --format {{json_.}}", "network ls --format table_{{.Name}}\\t{{.Internal}}\\t{{.Labels}}",
	"network ls --filter driver=bridge", "network ls --filter type=x", "network ls --format {{.Nope}}", "network prune", "container prune",
	"images", "images -q", "images -a --digests", "images --no-trunc", "images --format {{json_.}}", "images --format raw", "images alpine", "images nosuch", "image inspect nosuch", "image ls -q",
	"info", "info -f {{.Name}}|{{.Containers}}", "info -f {{.Nope}}", "version -f {{json_.Server}}", "version -f {{.Server.Version}}", "version -f {{.Nope}}",
	"events --since 0 --until 1s", "events --since 0 --until 1s --filter type=network --format {{json_.}}", "logs web", "logs nosuch", "logs -n 1 -t nosuch", "top web", "top nosuch",
	"start nosuch", "stop nosuch nosuch2", "kill nosuch", "kill -s NOPE web", "pause nosuch", "unpause web", "rename nosuch x", "rename web db", "rm nosuch web", "rm -f nosuch", "rm /", "wait nosuch", "wait done",
	"network connect app nosuch", "network connect nosuch web", "network disconnect app web", "network rm nosuch bridge", "network create app", "network create --subnet x n", "network create -d nosuch n",
	"exec nosuch true", "exec done true", "attach nosuch", "attach done", "restart -t 0 nosuch", "run --name web alpine", "create --name a/b alpine", "run --rm --network host -p 1:1 --name web alpine", "run --restart x alpine",
	"run --link nosuch:x alpine", "run --network bridge --ip abc alpine", "pull nosuch/image", "run nosuch/image", "pull alpine", "pull -q alpine:3", "rmi alpine", "rmi nosuch", "rmi -f nosuch", "image rm alpine nosuch",
	"exec web nosuch", "exec web true", "exec -e A=1 web sh", "start -a done", "logs done", "logs --tail 1 done",
}

// TestSame has Docker's own docker and ours ask the same host.
func TestSame(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts docker more than a hundred times")
	}
	real := realDocker(t)
	h := simtest.NewHost(t, sim.WithCommands(command.Table{
		"true":  func(context.Context, *command.Call) int { return 0 },
		"say":   func(_ context.Context, c *command.Call) int { c.Printf("one\ntwo\n"); return c.Fail(3, "three\n") },
		"sleep": func(ctx context.Context, c *command.Call) int { <-ctx.Done(); return 0 },
	}), sim.WithImages(sim.Image{Name: "alpine"}, sim.Image{Name: "alpine:3"}, sim.Image{Name: "x.org:5000/a/b:c", Cmd: []string{"true"}}))
	home := t.TempDir() // without a configuration
	socket := filepath.Join(home, "sock")
	l, err := dockerd.Listen("unix", socket)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- dockerd.Serve(ctx, l, dockerd.Handler(h)) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-served)
	})
	for _, line := range []string{
		"network create --label x=y --subnet 10.1.0.0/24 app", "run -d --name db --network app --label a.b-c=d alpine sleep 100",
		"run -d --name web -p 8080:80 -p 127.0.0.1:53:53/udp --expose 1-3 -l a=b alpine:3 sleep infinity --and some more", "create --name new x.org:5000/a/b:c", "run --name done alpine say",
	} {
		runOn(t, &command.Call{Machine: h}, splitLine(line)...)
	}
	for _, line := range sameLines {
		args := splitLine(line)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "_", " ")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		cmd := exec.CommandContext(ctx, real, append([]string{"-H", "unix://" + socket}, args...)...)
		cmd.Env = []string{"HOME=" + home}
		text, _ := cmd.CombinedOutput()
		cancel()
		want := string(text)
		if code := cmd.ProcessState.ExitCode(); code != 0 {
			want += "exit status " + strings.TrimPrefix(cmd.ProcessState.String(), "exit status ") + "\n"
		}
		got := runOn(t, &command.Call{Machine: h}, args...)
		if line == "port web" || line == "info" { // in random order
			want, got = sortLines(want), sortLines(got)
		}
		assert.Equal(t, someTime(want), someTime(got), line)
	}
}

// someTime leaves out how long something took, and with it how wide columns are.
func someTime(s string) string {
	if !durations.MatchString(s) {
		return s
	}
	return regexp.MustCompile(` +`).ReplaceAllString(durations.ReplaceAllString(s, "some time"), " ")
}

// sortLines puts lines in order, and in that of docker info the names of runtimes.
func sortLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if names, ok := strings.CutPrefix(line, " Runtimes: "); ok {
			list := strings.Fields(names)
			slices.Sort(list)
			lines[i] = " Runtimes: " + strings.Join(list, " ")
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
