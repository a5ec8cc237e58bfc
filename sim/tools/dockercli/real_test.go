package dockercli

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"drydock/sim/tools/command"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite testdata by what the real docker prints")

// realDocker returns the path of Docker's own docker of this version. Debian 12 has it in the
// package docker.io.
func realDocker(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"docker", "/usr/bin/docker"} {
		path, err := exec.LookPath(path)
		if err != nil {
			continue
		}
		out, err := exec.Command(path, "--version").Output()
		if err == nil && bytes.Contains(out, []byte(release20.version)) {
			return path
		}
	}
	t.Skip("needs docker " + release20.version + " to compare with")
	return ""
}

// runReal returns what the real docker prints, and "exit status N" if N is not 0. It has no
// daemon but the one that args name.
func runReal(t *testing.T, path string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = []string{"HOME=/root", "DOCKER_HOST=unix:///nonexistent"}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Sprintf("%sexit status %d\n", out, exit.ExitCode())
	}
	require.NoError(t, err)
	return string(out)
}

// runOurs is runReal with the emulated docker, on a machine without a daemon.
func runOurs(t *testing.T, args ...string) string {
	t.Helper()
	return runOn(t, &command.Call{Env: []string{"HOME=/root", "DOCKER_HOST=unix:///nonexistent"}}, args...)
}

// runOn returns what docker prints when it is called so.
func runOn(t *testing.T, c *command.Call, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	c.Args, c.Stdout, c.Stderr = append([]string{"docker"}, args...), &out, &out
	if status := Commands().Run(t.Context(), c); status != 0 {
		fmt.Fprintf(&out, "exit status %d\n", status)
	}
	return out.String()
}

// paths returns all commands that there are.
func paths() (list []string) {
	for _, g := range append([]group{{}}, groups...) {
		for _, c := range commandsOf(g.name) {
			list = append(list, c.path)
		}
	}
	return list
}

// recorded returns what the real docker prints for each of the lines, which file has. With
// -update it is asked.
func recorded(t *testing.T, file string, lines []string) map[string]string {
	t.Helper()
	if *update {
		real, text := realDocker(t), ""
		for _, line := range lines {
			text += "[root@docker ~]# docker " + line + "\n" + runReal(t, real, splitLine(line)...)
		}
		require.NoError(t, os.WriteFile(file, []byte(text), 0o666))
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	all := make(map[string]string)
	for part := range strings.SplitSeq("\n"+string(text), "\n[root@docker ~]# docker ") {
		line, output, _ := strings.Cut(part+"\n", "\n")
		all[line] = strings.TrimSuffix(output, "\n")
	}
	for _, line := range lines {
		_, ok := all[line]
		require.True(t, ok, line)
	}
	return all
}

// TestHelp compares --help of all commands with the real one's.
func TestHelp(t *testing.T) {
	t.Parallel()
	lines := []string{"--help", "help", "help run", "help network ls"}
	for _, g := range groups {
		lines = append(lines, g.name+" --help", "help "+g.name)
	}
	for _, path := range paths() {
		lines = append(lines, path+" --help")
	}
	compare(t, "testdata/help.txt", lines)
}

// compare runs the lines and compares what they print with file.
func compare(t *testing.T, file string, lines []string) {
	t.Helper()
	all := recorded(t, file, lines)
	for _, line := range lines {
		assert.Equal(t, strings.TrimRight(withoutOthers(all[line]), "\n"), strings.TrimRight(withoutOthers(runOurs(t, splitLine(line)...)), "\n"), line)
	}
}

// lines are command lines that docker refuses, or answers, without a daemon.
var lines = []string{
	"", "-v", "--version", "nosuch", "network", "container nosuch", "network nosuch x", "help nosuch", "help network nosuch", "help ps x", "help help",
	"-H", "--nosuch", "-x", "network -x", "network --nosuch ls", "ps --x", "container ls --x=1", "ps -aqx", "ps --format", "ps -an",
	"ps -n x", "ps --all=x", "ps -f x", "ps ---x", "ps web", "ps -- -x", "ps -h", "images a b", "pull", "port", "port a b c", "inspect", "network create a b",
	"network connect a", "-H foo://x ps", "-H tcp://a://b ps", "-H unix:///nope ps", "-c nope ps", "-H x:1 -H y:2 ps", "-H x:1 -c y ps",
	"ps", "run", "run -d", "run --name", "run -h", "run --dns abc a", "run --dns 1.2.3.4.5 a", "run --add-host foo a", "run --add-host foo:bar a", "run --add-host :1.2.3.4 a",
	"run --link a:b:c x", "run --link= x", "run --dns-search -x a", "run --label =x a", "run --label a=b --network bridge --link a:b x", "run -a foo x",
	"run --network a=b x", "run --network name=a,b=c x", "run --network alias=a x", "run --network name=a,alias=b --network-alias c x",
	"run --network name=a,ip=1.2.3.4 --ip 1.2.3.5 x", "run --network a --network a x", "run --network host --network-alias b x", "run --network none --link a x",
	"run --network a --network host x", "run --network= x", "run -p 8080:70000 x", "create -p 8080:70000 x", "run -p 80/foo x", "run -p 1-3:1-2 x",
	"run -p published=80 x", "run -p foo=80,x y", "run -p 1:2:3:4 x", "run -p 1.2.3.400:80:80 x", "run --expose 80:90 x", "run --expose 90-80 x", "run --expose x y", "run --expose /tcp x",
	"run --restart a:b:c x", "run --restart on-failure:x y", "run --rm --restart always x", "run --mac-address x y", "run -it x", "run -d -a stdin x",
	"run --stop-timeout x y", "run INVALID", "run in/VALID", "run a:b:c", "run UPPER/x:y", "create :x", "run -e =x y", "run --env-file /nonexistent x", "exec --env-file /nonexistent a b",
	"exec -e =x a b", "exec a", "start", "start -a a b", "stop -t x a", "rename a", "rename a  ", "logs a b", "logs --since x a", "events --since x", "events --since 2013-99",
	"events --format {{", "events --format {{.Nope}}", "inspect -f {{ x", "inspect --type x y", "inspect x", "network inspect x", "ps --format {{", "ps --format {{.Nope}}",
	"version -f {{", "info -f {{", "info -f {{.ServerErrors}}", "network ls -f x", "network create --subnet x --gateway 1.2.3.4 n",
	"network create --gateway 10.2.0.1 x", "network create --subnet 10.2.0.0/24 --gateway 10.2.0.300 x", "network create --subnet 10.2.0.0/24 --ip-range 10.3.0.0/24 x",
	"network create --subnet 10.2.0.0/24 --subnet 10.2.0.0/25 x", "network create --subnet 10.2.0.0/24 --ip-range 10.2.0.0/25 --subnet 10.3.0.0/24 --ip-range 10.2.0.0/26 x",
	"network create --subnet 10.2.0.0/24 --gateway 10.2.0.1 --subnet 10.3.0.0/24 --gateway 10.2.0.2 x", "network create --subnet 10.2.0.0/24 --aux-address a=10.3.0.1 x",
	"network create --label =x n", "network connect --link a:b:c x y", "network rm", "wait", "kill", "top", "pull INVALID", "pull -q a:b:c", "images --nosuch",
}

// TestLines compares what docker prints without a daemon.
func TestLines(t *testing.T) {
	t.Parallel()
	compare(t, "testdata/lines.txt", lines)
}

// splitLine splits a line at single spaces: two have an empty argument between them.
func splitLine(line string) []string {
	if line == "" {
		return nil
	}
	return strings.Split(line, " ")
}

var (
	commandLine = regexp.MustCompile(`(?m)^  ([a-z]+) +[A-Z].*\n`)
	groupUsage  = regexp.MustCompile(`Usage:  docker ([a-z]+) COMMAND`)
	versionLine = regexp.MustCompile(`(?m)^ ?(Docker version|Version:|Go version:|Git commit:|Built:|Experimental:).*\n?`)
)

// withoutOthers leaves out of what is printed the commands that are not here, and versions.
func withoutOthers(text string) string {
	known := make(map[string]bool)
	group := ""
	if m := groupUsage.FindStringSubmatch(text); m != nil {
		group = m[1]
	} else {
		for _, g := range groups {
			known[g.name] = true
		}
	}
	for _, c := range commandsOf(group) {
		known[c.name()] = true
	}
	text = commandLine.ReplaceAllStringFunc(text, func(line string) string {
		if known[strings.Fields(line)[0]] {
			return line
		}
		return ""
	})
	return versionLine.ReplaceAllString(text, "")
}

// TestUnsupported has flags of docker's that an emulated host has no meaning for.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"run -v /a:/b x":                      "invalid argument \"/a:/b\" for \"-v, --volume\" flag: not supported by an emulated host\nSee 'docker run --help'.\nexit status 125\n",
		"create --read-only x":                "invalid argument \"true\" for \"--read-only\" flag: not supported by an emulated host\nSee 'docker create --help'.\nexit status 125\n",
		"run --disable-content-trust=false x": "invalid argument \"false\" for \"--disable-content-trust\" flag: not supported by an emulated host\nSee 'docker run --help'.\nexit status 125\n",
		"logs --details x":                    "invalid argument \"true\" for \"--details\" flag: not supported by an emulated host\nSee 'docker logs --help'.\nexit status 125\n",
	} {
		require.Equal(t, want, runOurs(t, splitLine(line)...), line)
	}
}
