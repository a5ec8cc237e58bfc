package sim_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInspectRecorded compares docker inspect and docker ps over many sessions.
func TestInspectRecorded(t *testing.T) {
	t.Parallel()
	multi := sim.Image{
		Name: "multi", Cmd: []string{"who", "80", "443", "53", "9000"}, Main: sleeper,
		Expose: []string{"80", "443", "53", "53/udp", "8002-8004", "9000", "132/sctp"},
	}
	recording{
		file: "testdata/docker-excerpts.txt",
		images: []sim.Image{
			{Name: "centos:latest", Cmd: []string{"/bin/bash"}, Main: sleeper},
			{Name: "centos:v1", Cmd: []string{"sh", "/sleep.sh"}, Main: sleeper},
			{Name: "nginx", Cmd: []string{"nginx", "-g", "daemon off;"}, Expose: []string{"80"}, Main: sleeper},
			{Name: "training/postgres", Expose: []string{"5432"}, Main: sleeper},
			web,
			multi,
		},
		notRepeated: excerptsNotRepeated,
		normalize:   sortPorts,
	}.replay(t)
}

// sortPorts sorts the ports that docker port prints, which come in the order of a map. The
// bindings of one keep their order.
func sortPorts(command, text string) string {
	if !strings.HasPrefix(command, "docker port ") {
		return text
	}
	lines := slices.Collect(strings.Lines(text))
	slices.SortStableFunc(lines, func(a, b string) int {
		a, _, _ = strings.Cut(a, " ")
		b, _, _ = strings.Cut(b, " ")
		return strings.Compare(a, b)
	})
	return strings.Join(lines, "")
}

var excerptsNotRepeated = []notRepeated{
	{"docker network connect --ip 10.99.0.1 na c1", "", "it is refused as recorded; Docker nevertheless asks for the address at the next start"},
	{"docker inspect -f '{{json .NetworkSettings.Networks}}' c1", "", "as above"},
	{"docker start c1", "docker start c1", "as above"},
}

// web is an image of the later recordings.
var web = sim.Image{Name: "web", Cmd: []string{"python3", "/root/srv.py", "80"}, Expose: []string{"80", "443/tcp", "53/udp"}, Main: deaf}

// TestInspectWhole compares all that docker inspect tells of containers in every state.
func TestInspectWhole(t *testing.T) {
	t.Parallel()
	recording{
		file: "testdata/12-inspect.txt",
		images: []sim.Image{
			{Name: "centos:v1", Cmd: []string{"sleep", "infinity"}, Main: deaf},
			web,
		},
		notRepeated: wholeNotRepeated,
		normalize:   normalizeInspect,
	}.replay(t)
}

var wholeNotRepeated = []notRepeated{
	{"docker inspect -f '{{json .State}} {{.Path}} {{.Args}} {{json .NetworkSettings}}' badcmd", "", "a main function cannot fail to start: the state has no error"},
	{"docker run --name badcmd2 centos:v1 /etc/hosts", "", "images have no files: it is not found instead of not executable"},
	{"docker inspect -f '{{json .State}}' badcmd2", "", "as above"},
	{"docker run -d --name badnet --network nosuch centos:v1", "", "it is refused as recorded; Docker creates the container nevertheless"},
	{"docker inspect -f '{{json .State}} {{json .NetworkSettings}}' badnet", "", "as above"},
}

// TestInspectAsked: what was asked for is told as it was, where the recordings do not
// tell.
func TestInspectAsked(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	net6 := simtest.NewNetwork(t, h, "net6", sim.WithSubnet(prefix("10.1.0.0/24")), sim.WithSubnet(prefix("fd00:1::/64")))
	db := simtest.Run(t, h, "db", sim.WithNetwork(net6))
	image := sim.Image{Name: "app", Cmd: []string{"my app", "two words"}, Env: []string{"A=image", "B=image"}}
	web := simtest.Run(t, h, "web", sim.WithImage(image), sim.WithEnv("A=own", "C=own"), sim.WithLink(db, ""),
		sim.WithNetwork(net6, withAddr("10.1.0.50"), withAddr("fd00:1::50")), sim.WithPublish("7000-7005:80", "127.0.0.1::53/udp", "[::1]:90:90"))
	info := web.Inspect()
	for _, tt := range []struct {
		what string
		got  any
		want string
	}{
		{"both addresses", info.NetworkSettings.Networks["net6"].IPAMConfig, `{"IPv4Address":"10.1.0.50","IPv6Address":"fd00:1::50"}`},
		{"a link without an alias", info.NetworkSettings.Networks["net6"].Links, `["db"]`},
		{"PATH before what else the image has", info.Config.Env,
			`["A=own","C=own","PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","B=image"]`},
		{"ranges and addresses", info.HostConfig.PortBindings,
			`{"53/udp":[{"HostIp":"127.0.0.1","HostPort":""}],"80/tcp":[{"HostIp":"","HostPort":"7000-7005"}],"90/tcp":[{"HostIp":"::1","HostPort":"90"}]}`},
		{"the ports they got", info.NetworkSettings.Ports["80/tcp"], `[{"HostIp":"0.0.0.0","HostPort":"7000"},{"HostIp":"::","HostPort":"7000"}]`},
		{"path", info.Path, `"my app"`},
		{"arguments", info.Args, `["two words"]`},
		{"command", web.Summary().Command, `"my app 'two words'"`},
	} {
		got, err := json.Marshal(tt.got)
		require.NoError(t, err)
		require.Equal(t, tt.want, string(got), tt.what)
	}
	info.Args[0], info.Config.Env[0], info.Config.Cmd[1] = "changed", "changed", "changed"
	info.NetworkSettings.Networks["net6"].Aliases[0] = "changed"
	require.NotContains(t, fmt.Sprint(web.Inspect()), "changed", "it is the caller's")
}

// TestInspectConcurrently: Inspect and Summary may be called at any time.
func TestInspectConcurrently(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	net := simtest.NewNetwork(t, h, "net")
	db := simtest.Run(t, h, "db")
	web := simtest.Run(t, h, "web", sim.WithLink(db, "alias"), sim.WithPublish("8080:80"))
	done := make(chan struct{})
	var looking sync.WaitGroup
	for range 2 {
		looking.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					info, s := web.Inspect(), db.Summary()
					assert.Equal(t, web.ID(), info.ID)
					assert.Len(t, s.Names, 2)
				}
			}
		})
	}
	for i := range 10 {
		require.NoError(t, web.Connect(net, sim.WithAlias("a")))
		require.NoError(t, web.Restart(t.Context()))
		require.NoError(t, web.Rename(fmt.Sprint("web", i)))
		require.NoError(t, web.Disconnect(net))
	}
	close(done)
	looking.Wait()
}

// notInspected are the fields of docker inspect that are left out: there are no processes to
// protect.
var notInspected = []string{"AppArmorProfile"}

var (
	layerRE = regexp.MustCompile(`overlay2/[0-9a-f]{64}(-init/diff:)?[^"]*/`)
	timeRE  = regexp.MustCompile(`20\d\d-\d\d-\d\dT[\d:.]+Z`)
	pidRE   = regexp.MustCompile(`("Pid": ?)\d+`)
	keyRE   = regexp.MustCompile(`^( *)"(\w+)": `)
	commaRE = regexp.MustCompile(`,(\s*[}\]])`)
)

// normalizeInspect makes times, process numbers and the layers of images equal and drops what is left out.
func normalizeInspect(command, text string) string {
	text = timeRE.ReplaceAllString(text, "TIME")
	text = layerRE.ReplaceAllString(pidRE.ReplaceAllString(text, "${1}0"), "overlay2/LAYER$1")
	if !strings.HasPrefix(command, "docker inspect ") || !strings.HasPrefix(text, "[\n") {
		return text
	}
	var kept []string
	parent, dropping := "", "" // dropping is the indentation of the key that is dropped
	for line := range strings.Lines(text) {
		m := keyRE.FindStringSubmatch(line)
		end := strings.TrimRight(line, ",\n")
		if dropping != "" && (strings.HasPrefix(line, dropping+" ") || end == dropping+"}" || end == dropping+"]") {
			continue
		}
		dropping = ""
		if m != nil && len(m[1]) == 8 {
			parent = m[2] + "."
		}
		if m != nil && (len(m[1]) == 8 && slices.Contains(notInspected, m[2]) || len(m[1]) == 12 && slices.Contains(notInspected, parent+m[2])) {
			dropping = m[1]
			continue
		}
		kept = append(kept, line)
	}
	return commaRE.ReplaceAllString(strings.Join(kept, ""), "$1")
}
