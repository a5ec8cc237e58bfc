package dockercli_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/dockercli"

	"github.com/stretchr/testify/require"
)

var shellWord = regexp.MustCompile(`('[^']*'|[^' ])+`)

// docker returns what a command line prints, with "exit status N" if N is not 0.
func docker(t *testing.T, h command.Machine, line string) string {
	t.Helper()
	args := []string{"docker"}
	for _, word := range shellWord.FindAllString(line, -1) {
		args = append(args, strings.ReplaceAll(word, "'", ""))
	}
	var out strings.Builder
	status := dockercli.Commands().Run(t.Context(), &command.Call{Machine: h, Args: args, Stdout: &out, Stderr: &out})
	if status != 0 {
		fmt.Fprintf(&out, "exit status %d\n", status)
	}
	return out.String()
}

// TestDockerNetworkLs compares docker network ls with what was recorded.
func TestDockerNetworkLs(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	simtest.NewNetwork(t, h, "testnet")
	var ids []string
	for _, n := range [][2]string{
		{"bridge", "f278f7e9ca33cb38515a1f47061f029be36b993259efd5fc396a92842b504ee7"},
		{"host", "0c735d5a167d9a5637ffccdd4a11272a0432e708ddd4f182acdbf29c8a609a30"},
		{"none", "9939634fcc5382c3e269290c6a6dde6f7ef13505a6ce09195d46fb8ee95ef9ee"},
		{"testnet", "6ed70d7fd431855549001af87e1a1b4fb6e140c84bc2e96568928e24c6462c5f"},
	} {
		network, ok := h.Network(n[0])
		require.True(t, ok)
		ids = append(ids, network.ID(), n[1], network.ID()[:12], n[1][:12])
	}
	recorded := strings.NewReplacer(ids...)
	for _, tt := range []struct{ line, want string }{
		{"network ls", `NETWORK ID     NAME      DRIVER    SCOPE
f278f7e9ca33   bridge    bridge    local
0c735d5a167d   host      host      local
9939634fcc53   none      null      local
6ed70d7fd431   testnet   bridge    local
`},
		{"network ls --no-trunc", `NETWORK ID                                                         NAME      DRIVER    SCOPE
f278f7e9ca33cb38515a1f47061f029be36b993259efd5fc396a92842b504ee7   bridge    bridge    local
0c735d5a167d9a5637ffccdd4a11272a0432e708ddd4f182acdbf29c8a609a30   host      host      local
9939634fcc5382c3e269290c6a6dde6f7ef13505a6ce09195d46fb8ee95ef9ee   none      null      local
6ed70d7fd431855549001af87e1a1b4fb6e140c84bc2e96568928e24c6462c5f   testnet   bridge    local
`},
		{"network ls -q", "f278f7e9ca33\n0c735d5a167d\n9939634fcc53\n6ed70d7fd431\n"},
		{"network ls --filter driver=bridge", `NETWORK ID     NAME      DRIVER    SCOPE
f278f7e9ca33   bridge    bridge    local
6ed70d7fd431   testnet   bridge    local
`},
		{"network ls --filter type=custom", `NETWORK ID     NAME      DRIVER    SCOPE
6ed70d7fd431   testnet   bridge    local
`},
		{"network ls --format '{{.ID}} {{.Name}} {{.Driver}} {{.Scope}} {{.IPv6}} {{.Internal}}'", `f278f7e9ca33 bridge bridge local false false
0c735d5a167d host host local false false
9939634fcc53 none null local false false
6ed70d7fd431 testnet bridge local false false
`},
		{"network ls -q -f name=testnet", "6ed70d7fd431\n"},
		{"network ls --format {{.Name}} -f type=builtin -f scope=local -f name=st$ -f name=none", "host\nnone\n"},
		{"network ls -f name=nosuch", "NETWORK ID   NAME      DRIVER    SCOPE\n"},
	} {
		require.Equal(t, tt.want, recorded.Replace(docker(t, h, tt.line)), tt.line)
	}
	custom, _ := h.Network("testnet")
	require.Equal(t, "testnet\n", docker(t, h, "network inspect -f {{.Name}} "+custom.ID()[:8]))
	require.Equal(t, custom.ID()+"\n", docker(t, h, "inspect "+custom.ID()[:8]+" -f {{.Id}}"))
	require.Contains(t, docker(t, h, "network inspect testnet nosuch"), "    }\n]\nError: No such network: nosuch\nexit status 1\n")
}

// TestDockerErrors has the messages that were recorded, and others of their kind.
func TestDockerErrors(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	simtest.Run(t, h, "web", sim.WithPublish("8080:80"))
	for _, tt := range []struct{ line, want string }{
		{"ps -f expose=/tcp", "Error response from daemon: error while looking up for expose /tcp: Empty string specified for ports.\nexit status 1\n"},
		{"port web /tcp", "Error: No public port '/tcp' published for web\nexit status 1\n"},
		{"port web 80/", "strconv.ParseUint: parsing \"80/\": invalid syntax\nexit status 1\n"},
		{"ps -f no=x", "Error response from daemon: Invalid filter 'no'\nexit status 1\n"},
		{"ps -f status=up", "Error response from daemon: Invalid filter 'status=up'\nexit status 1\n"},
		{"ps -f exited=x", "Error response from daemon: strconv.Atoi: parsing \"x\": invalid syntax\nexit status 1\n"},
		{"ps -f publish=80:80", "Error response from daemon: filter for 'publish' should not contain ':': 80:80\nexit status 1\n"},
		{"ps -f expose=9-8", "Error response from daemon: error while looking up for expose 9-8: Invalid range specified for the Port: 9-8\nexit status 1\n"},
		{"network ls -f type=x", "Error response from daemon: invalid filter: 'type'='x'\nexit status 1\n"},
		{"ps --format '{{pad .ID 2000000000 1}}'", "failed to execute template: template: :1:2: executing \"\" at <pad .ID 2000000000 1>: error calling pad: 2000000000 is too wide\nexit status 1\n"},
		{"port nosuch", "Error: No such container: nosuch\nexit status 1\n"},
		{"port web 80/udp", "Error: No public port '80/udp' published for web\nexit status 1\n"},
		{"port web 81", "Error: No public port '81/tcp' published for web\nexit status 1\n"},
		{"port web x", "strconv.ParseUint: parsing \"x\": invalid syntax\nexit status 1\n"},
		{"inspect nosuch", "[]\nError: No such object: nosuch\nexit status 1\n"},
		{"container inspect nosuch", "[]\nError: No such container: nosuch\nexit status 1\n"},
		{"network inspect nosuch", "[]\nError: No such network: nosuch\nexit status 1\n"},
		{"inspect nosuch web x -f {{.Name}}", "/web\nError: No such object: nosuch\nError: No such object: x\nexit status 1\n"},
		{"inspect -f {{.Nope}} web", "\ntemplate parsing error: template: :1:2: executing \"\" at <.Nope>: map has no entry for key \"Nope\"\nexit status 1\n"},
	} {
		require.Equal(t, tt.want, docker(t, h, tt.line), tt.line)
	}
	require.Equal(t, "template parsing error: template: :1:2: executing \"\" at <.Nope>: can't evaluate field Nope in type *network.networkContext\nexit status 1\n", docker(t, h, "network ls --format {{.Nope}}"))
	digits := make(map[byte]bool)
	for n := range h.Networks() {
		digits[n.ID()[0]] = true
	}
	for i := 0; ; i++ { // until two IDs begin with the same digit
		id := simtest.NewNetwork(t, h, fmt.Sprintf("net%d", i)).ID()
		if digits[id[0]] {
			require.Regexp(t, `^\[\]\nError response from daemon: network . is ambiguous \([2-4] matches found based on ID prefix\)\nexit status 1\n$`,
				docker(t, h, "network inspect "+id[:1]))
			break
		}
		digits[id[0]] = true
	}
	c, _ := h.Container("web")
	require.Equal(t, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\nexit status 1\n",
		docker(t, c, "ps"))
}

// TestDockerInspect is about formats.
func TestDockerInspect(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c := simtest.Run(t, h, "web", sim.WithPublish("8080:80"), sim.WithEnv("A=<&>"))
		pid := strconv.Itoa(c.State().Pid)
		for _, tt := range []struct{ line, want string }{
			{"inspect -f '{{.Id}} {{.Name}}' web", c.ID() + " /web\n"},
			{"container inspect web --format={{.ID}}", c.ID() + "\n"},
			{"inspect -f {{.Name}} web bridge", "/web\nbridge\n"},
			{"inspect --type network bridge -f {{.Name}}", "bridge\n"},
			{"inspect -f {{.NetworkSettings.Networks.nope.IPAddress}} web", "<no value>\n"},
			{"inspect -f '{{(index (index .NetworkSettings.Ports \"80/tcp\") 0).HostPort}}' web", "8080\n"},
			{"inspect -f '{{index .Config.Env 0}} {{json .Config.Env}}' web", "A=<&> [\"A=<&>\",\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"]\n"},
			{"inspect -f '{{.Created}} {{.State.StartedAt}} {{.State.FinishedAt}}' web", "2000-01-01T00:00:00Z 2000-01-01T00:00:00Z 0001-01-01T00:00:00Z\n"},
			{
				"inspect -f '{{json .State}}' web",
				`{"Status":"running","Running":true,"Paused":false,"Restarting":false,"OOMKilled":false,"Dead":false,"Pid":` + pid + `,"ExitCode":0,"Error":"",` +
					`"StartedAt":"2000-01-01T00:00:00Z","FinishedAt":"0001-01-01T00:00:00Z"}` + "\n",
			},
			{"inspect -f {{.State}} web", "{running true false false false false " + pid + " 0  2000-01-01T00:00:00Z 0001-01-01T00:00:00Z}\n"},
			{"inspect -f '{{.Name}}\\t{{upper .State.Status}}' web", `/web\tRUNNING` + "\n"},
			{"network inspect -f '{{.Created}}' bridge", "2000-01-01 00:00:00 +0000 UTC\n"},
			{"port web 80/tcp", "0.0.0.0:8080\n:::8080\n"},
		} {
			require.Equal(t, tt.want, docker(t, h, tt.line), tt.line)
		}
		require.Contains(t, docker(t, h, "inspect web"), "            \"Env\": [\n                \"A=<&>\",\n")
	})
}

// TestDockerPs is about filters and formats.
func TestDockerPs(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		db := simtest.Run(t, h, "db", sim.WithNetwork(n), sim.WithExpose("5432"), sim.WithImage(sim.Image{Name: "db", Cmd: []string{"serve", "--all-the-tables", "now"}}))
		simtest.Run(t, h, "web", sim.WithPublish("8080:80", "8053:53/udp"))
		_, err := h.Create("spare")
		require.NoError(t, err)
		gone := simtest.Run(t, h, "gone")
		require.NoError(t, gone.Kill())
		time.Sleep(2 * time.Second)
		for _, tt := range []struct{ line, want string }{
			{"ps --format {{.Names}}", "web db"},
			{"ps -a --format {{.Names}}", "gone spare web db"},
			{"container ls --all --format={{.Names}}", "gone spare web db"},
			{"ps -a=false --format={{.Names}}", "web db"},
			{"ps --all=false -n=1 --filter= --format={{.Names}}", "gone"},
			{"ps -l --format {{.Names}}", "gone"},
			{"ps -n2 --format {{.Names}}", "gone spare"},
			{"ps -n 0 --format {{.Names}}", "web db"},
			{"ps --last=2 -l --format {{.Names}}", "gone spare"},
			{"ps -n1 -f name=b --format {{.Names}}", "web"},
			{"ps --format {{.Names}} -f name=^db$ -f name=zz", "db"},
			{"ps --format {{.Names}} -f name=^/w", "web"},
			{"ps --format {{.Names}} -f name=*", ""},
			{"ps --format {{.Names}} -f status=exited -f status=running", "gone web db"},
			{"ps -a --format {{.Names}} -f exited=137", "gone"},
			{"ps --format {{.Names}} -f exited=137", ""},
			{"ps --format {{.Names}} -f network=net", "db"},
			{"ps --format {{.Names}} -f network=" + n.ID()[:10], "db"},
			{"ps --format {{.Names}} -f network=ne", ""},
			{"ps --format {{.Names}} -f id=" + db.ID()[:9], "db"},
			{"ps --format {{.Names}} -f network=net -f name=web", ""},
			{"ps --format {{.Names}} -f publish=8000-8090", "web"},
			{"ps --format {{.Names}} -f publish=8053/udp", "web"},
			{"ps --format {{.Names}} -f publish=8053", ""},
			{"ps --format {{.Names}} -f expose=5432", "db"},
			{"ps -q -f name=db", db.ID()[:12]},
			{"ps -q --no-trunc -f name=db", db.ID()},
			{"ps --format '{{.Command}} {{.CreatedAt}}' -f name=db", `"serve --all-the-tab…" 2000-01-01 00:00:00 +0000 UTC`},
			{"ps --no-trunc --format '{{lower .Command}}' -f name=db", `"serve --all-the-tables now"`},
			{
				"ps --format '{{json .}} {{json .Ports}}' -f name=web", `{"Command":"\"\"","CreatedAt":"2000-01-01 00:00:00 +0000 UTC","ID":"` +
					"ID" + `","Image":"\u003cno image\u003e","Labels":"","LocalVolumes":"0","Mounts":"","Names":"web","Networks":"bridge",` +
					`"Ports":"0.0.0.0:8053-\u003e53/udp, :::8053-\u003e53/udp, 0.0.0.0:8080-\u003e80/tcp, :::8080-\u003e80/tcp",` +
					`"RunningFor":"2 seconds ago","Size":"0B","State":"running","Status":"Up 2 seconds"} "0.0.0.0:8053->53/udp, :::8053->53/udp, 0.0.0.0:8080->80/tcp, :::8080->80/tcp"`,
			},
			{"ps --format 'table {{upper .Names}}\\t{{.Status}}' -f name=db", "NAMES     STATUS\nDB        Up 2 seconds"},
			{"ps --format 'table {{title .Names}}|{{truncate .ID 0}}|{{pad .State 1 2}}|{{join (split .Image \"b\") \"-\"}}' -f name=db", "NAMES|CONTAINER ID| STATE  |IMAGE\nDb|| running  |d-"},
			{"ps -f name=none", "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES"},
		} {
			web, _ := h.Container("web")
			got := strings.ReplaceAll(docker(t, h, tt.line), web.ID()[:12], "ID")
			if !strings.Contains(tt.line, "table") {
				got = strings.ReplaceAll(got, "\n", " ")
			}
			require.Equal(t, tt.want, strings.TrimSpace(got), tt.line)
		}
	})
}
