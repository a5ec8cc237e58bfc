package dockercli_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// A said is what the command docker of two releases prints, as recorded; of 29 "" is what 28 prints, and
// nothing is nothing.
type said struct{ line, want28, want29 string }

const nothing = "nothing"

// saidOf28 is in the order of the session.
var saidOf28 = []said{
	{"network create na --subnet 10.10.0.0/24", "ID", ""},
	{"network create aa", "ID", ""},
	{"network create bb", "ID", ""},
	{"run -d --name c1 centos", "ID", ""},
	{"network rm x", "Error response from daemon: network x not found\nexit status 1\nexit status 1", ""},
	{"network inspect x", "[]\nError response from daemon: network x not found\nexit status 1", ""},
	{"network create ''", "Error response from daemon: invalid name: name is empty\nexit status 1", ""},
	{"network create na2 --subnet 10.10.0.0/25", "Error response from daemon: invalid pool request: Pool overlaps with other one on this address space\nexit status 1", ""},
	{"network connect --ip 10.99.0.1 na c1",
		"Error response from daemon: invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 10.99.0.1\nexit status 1",
		"Error response from daemon: invalid endpoint settings:\nno configured subnet contains IP address 10.99.0.1\nexit status 1"},
	{"network connect --ip 172.17.0.9 bridge c1",
		"Error response from daemon: invalid endpoint settings:\n* user specified IP address is supported on user defined networks only\n* user specified IP address is supported only when connecting to networks with user configured subnets\nexit status 1",
		"Error response from daemon: invalid endpoint settings:\nuser-specified IP address is supported on user-defined networks only\nexit status 1"},
	{"network connect --alias foo bridge c1", "Error response from daemon: invalid endpoint settings:\nnetwork-scoped aliases are only supported for user-defined networks\nexit status 1", ""},
	{"run -d --name ip5 --ip 172.17.0.77 centos",
		"docker: Error response from daemon: invalid config for network bridge: invalid endpoint settings:\n* user specified IP address is supported on user defined networks only\n* user specified IP address is supported only when connecting to networks with user configured subnets\n\nRun 'docker run --help' for more information\nexit status 125",
		"docker: Error response from daemon: invalid config for network bridge: invalid endpoint settings:\nuser-specified IP address is supported on user-defined networks only\n\nRun 'docker run --help' for more information\nexit status 125"},
	{"run -d --network-alias al centos", "docker: network-scoped aliases are only supported for user-defined networks\n\nRun 'docker run --help' for more information\nexit status 125", ""},
	{"run -d --name ip1 --network aa --ip 172.18.0.77 centos",
		"docker: Error response from daemon: invalid config for network aa: invalid endpoint settings:\nuser specified IP address is supported only when connecting to networks with user configured subnets\n\nRun 'docker run --help' for more information\nexit status 125",
		"ID"},
	{"run -d --name m1 --network na --ip 10.10.0.1 centos", "ID\ndocker: Error response from daemon: failed to set up container networking: Address already in use\n\nRun 'docker run --help' for more information\nexit status 125", ""},
	{"start m1",
		"Error response from daemon: failed to set up container networking: Address already in use\nError: failed to start containers: m1\nexit status 1",
		"Error response from daemon: failed to set up container networking: Address already in use\nfailed to start containers: m1\nexit status 1"},
	{"run -d --name nn --network nosuchnet centos", "ID\ndocker: Error response from daemon: failed to set up container networking: network nosuchnet not found\n\nRun 'docker run --help' for more information\nexit status 125", ""},
	{"run -d --name w1 -p 8080:80 centos", "ID", ""},
	{"port w1", "80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080", ""},
	{"ps --filter name=w1 --format {{.Ports}}", "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp", ""},
	{"port w1 81", "Error: No public port '81' published for w1\nexit status 1", "no public port '81' published for w1\nexit status 1"},
	{"run -d --name a2 -p 8080:80 centos", "ID\ndocker: Error response from daemon: failed to set up container networking: driver failed programming external connectivity on endpoint a2 (ID): Bind for 0.0.0.0:8080 failed: port is already allocated\n\nRun 'docker run --help' for more information\nexit status 125", ""},
	{"run -d --name k1 --link c1:x centos", "ID", "WARNING: Links on the default bridge network are deprecated and will be removed in a future release. Use a custom network instead.\nID"},
	{"run -d -p 70000:80 centos", "docker: Invalid hostPort: 70000\n\nRun 'docker run --help' for more information\nexit status 125", "docker: invalid hostPort: 70000\n\nRun 'docker run --help' for more information\nexit status 125"},
	{"run -d -p 1.2.3:80:80 centos", "docker: Invalid ip address: 1.2.3\n\nRun 'docker run --help' for more information\nexit status 125", "docker: invalid IP address: 1.2.3\n\nRun 'docker run --help' for more information\nexit status 125"},
	{"rm c1", `Error response from daemon: cannot remove container "c1": container is running: stop the container before removing or force remove` + "\nexit status 1", ""},
	{"rm -f nosuch", "Error response from daemon: No such container: nosuch", nothing},
	{"rename c1 w1",
		"Error response from daemon: Error when allocating new name: Conflict. The container name \"/w1\" is already in use by container \"ID\". You have to remove (or rename) that container to be able to reuse that name.\nError: failed to rename container named c1\nexit status 1",
		"failed to rename container: Error response from daemon: Error when allocating new name: Conflict. The container name \"/w1\" is already in use by container \"ID\". You have to remove (or rename) that container to be able to reuse that name.\nexit status 1"},
	{"inspect nosuch", "[]\nError: No such object: nosuch\nexit status 1", "[]\nerror: no such object: nosuch\nexit status 1"},
	{"pause c1", "c1", ""},
	{"pause c1", "Error response from daemon: Container ID is already paused\nexit status 1", "Error response from daemon: container ID is already paused\nexit status 1"},
	{"unpause c1", "c1", ""},
	{"kill a2", "Error response from daemon: cannot kill container: a2: container ID is not running\nexit status 1", ""},
	{"port", "docker: 'docker port' requires at least 1 and at most 2 arguments\n\nUsage:  docker port CONTAINER [PRIVATE_PORT[/PROTO]]\n\nRun 'docker port --help' for more information\nexit status 1", ""},
	{"run", "docker: 'docker run' requires at least 1 argument\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nSee 'docker run --help' for more information\nexit status 1", ""},
	{"run --nosuchflag", "unknown flag: --nosuchflag\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'docker run --help' for more information\nexit status 125", ""},
	{"run -d --name m2 --network bb --network aa centos", "ID", ""},
	{"inspect -f '{{range $k,$v := .NetworkSettings.Networks}}{{$k}} {{$v.Gateway}};{{end}}' m2", "aa 172.18.0.1;bb 172.19.0.1;", ""},
	{"run -d --name p1 --network name=aa --network name=bb,gw-priority=10 centos", "ID", ""},
	{"inspect -f '{{range $k,$v := .NetworkSettings.Networks}}{{$k}} {{$v.GwPriority}};{{end}}' p1", "aa 0;bb 10;", ""},
	{"network connect --gw-priority -5 na p1", "", ""},
	{"run -d --name e1 --network name=na,ip=10.10.0.77,mac-address=02:42:00:00:00:77,driver-opt=com.docker.network.endpoint.ifname=lan0,alias=al1 centos", "ID", ""},
	{"inspect -f '{{json .NetworkSettings.Networks}}' e1",
		`{"na":{"IPAMConfig":{"IPv4Address":"10.10.0.77"},"Links":null,"Aliases":["al1"],"MacAddress":"02:42:00:00:00:77","DriverOpts":{"com.docker.network.endpoint.ifname":"lan0"},"GwPriority":0,"NetworkID":"ID","EndpointID":"ID","Gateway":"10.10.0.1","IPAddress":"10.10.0.77","IPPrefixLen":24,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":["e1","al1","SHORT"]}}`,
		`{"na":{"IPAMConfig":{"IPv4Address":"10.10.0.77"},"Links":null,"Aliases":["al1"],"DriverOpts":{"com.docker.network.endpoint.ifname":"lan0"},"GwPriority":0,"NetworkID":"ID","EndpointID":"ID","Gateway":"10.10.0.1","IPAddress":"10.10.0.77","MacAddress":"02:42:00:00:00:77","IPPrefixLen":24,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":["e1","al1","SHORT"]}}`},
	{"run -d --network name=aa,mac-address=zz centos", "docker: zz is not a valid mac address\n\nRun 'docker run --help' for more information\nexit status 125", ""},
	{"network rm aa", "Error response from daemon: error while removing network: network aa has active endpoints (ENDPOINTS)\nexit status 1\nexit status 1", ""},
	{"inspect -f {{.NetworkSettings.IPAddress}} c1", "172.17.0.2", "\ntemplate parsing error: template: :1:18: executing \"\" at <.NetworkSettings.IPAddress>: map has no entry for key \"IPAddress\"\nexit status 1"},
	{"inspect -f {{.HostConfig.NetworkMode}} c1", "bridge", ""},
	{"exec c1 nosuch", "OCI runtime exec failed: exec failed: unable to start container process: exec: \"nosuch\": executable file not found in $PATH\r\nexit status 127", ""},
	{"run -d --name self --network container:self centos", "ID\ndocker: Error response from daemon: cannot join own network namespace\n\nRun 'docker run --help' for more information\nexit status 125", ""},
	{"run -d --name base centos", "ID", ""},
	{"run -d --name side --network container:base centos", "ID", ""},
	{"rm -f base", "base", ""},
	{"stop -t 0 side", "side", ""},
	{"start side",
		"Error response from daemon: joining network namespace of container: No such container: ID\nError: failed to start containers: side\nexit status 1",
		"Error response from daemon: joining network namespace of container: No such container: ID\nfailed to start containers: side\nexit status 1"},
	{"run -d --name long --hostname " + strings.Repeat("x", 65) + " centos",
		"ID\ndocker: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: sethostname: invalid argument\n\nRun 'docker run --help' for more information\nexit status 125",
		`docker: Error response from daemon: hostname "` + strings.Repeat("x", 65) + "\" is too long (maximum 64 bytes)\n\nRun 'docker run --help' for more information\nexit status 125"},
	{"stop -t 1 c1", "c1", ""},
	{"exec c1 true", "Error response from daemon: container ID is not running\nexit status 1", ""},
	{"attach c1", "You cannot attach to a stopped container, start it first\nexit status 1", "cannot attach to a stopped container, start it first\nexit status 1"},
	{"inspect -f {{.NetworkSettings.Networks.bridge.IPAddress}} c1", "", "invalid IP"},
	{"inspect -f '{{json .NetworkSettings.SandboxID}}' c1", `""`, ""},
	{"network inspect na -f '{{json .IPAM.Config}}'", `[{"Subnet":"10.10.0.0/24"}]`, `[{"Subnet":"10.10.0.0/24","Gateway":"10.10.0.1"}]`},
	{"version --format '{{.Client.Version}} {{.Client.APIVersion}} {{.Server.Version}} {{.Server.MinAPIVersion}}'", "28.5.2 1.51 28.5.2 1.24", "29.7.2 1.55 29.7.2 1.40"},
}

var (
	idRE       = regexp.MustCompile(`[0-9a-f]{64}`)
	shortRE    = regexp.MustCompile(`"[0-9a-f]{12}"`)
	endpointRE = regexp.MustCompile(`\((name:"\w+" id:"[0-9a-f]{12}"(, )?)+\)`)
)

// TestSaid28 has what 28 and 29 print in a session.
func TestSaid28(t *testing.T) {
	t.Parallel()
	for _, release := range []sim.Release{sim.Docker28, sim.Docker29} {
		t.Run(string(release), func(t *testing.T) {
			simtest.VirtualTime(t, func(t *testing.T) {
				h := simtest.NewHost(t, sim.WithEngine(release), sim.WithImages(sim.Image{Name: "centos", Cmd: []string{"sleep", "1000000"}}))
				for _, s := range saidOf28 {
					want := s.want28
					if release == sim.Docker29 && s.want29 != "" {
						want = s.want29
					}
					got := endpointRE.ReplaceAllString(docker(t, h, s.line), "(ENDPOINTS)")
					got = shortRE.ReplaceAllString(idRE.ReplaceAllString(got, "ID"), `"SHORT"`)
					require.Equal(t, strings.TrimSuffix(want, nothing), strings.TrimSuffix(got, "\n"), fmt.Sprint(release, ": docker ", s.line))
				}
			})
		})
	}
}

// TestUnknown20: what came with 28 is unknown to 20.10, the command and the daemon.
func TestUnknown20(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithImages(sim.Image{Name: "centos", Cmd: []string{"sleep", "1000000"}}))
	docker(t, h, "network create aa")
	docker(t, h, "network create bb")
	for line, want := range map[string]string{
		"network connect --gw-priority 3 aa x":              "unknown flag: --gw-priority\nSee 'docker network connect --help'.\nexit status 125\n",
		"run -d --network name=aa,gw-priority=3 centos":     "invalid argument \"name=aa,gw-priority=3\" for \"--network\" flag: invalid field key gw-priority\nSee 'docker run --help'.\nexit status 125\n",
		"run -d --network name=aa,mac-address=zz centos":    "invalid argument \"name=aa,mac-address=zz\" for \"--network\" flag: invalid field key mac-address\nSee 'docker run --help'.\nexit status 125\n",
		"run -d --name c1 --network aa --network bb centos": "docker: Error response from daemon: Container cannot be connected to network endpoints: aa, bb.\nSee 'docker run --help'.\nexit status 125\n",
	} {
		require.Equal(t, want, docker(t, h, line), line)
	}
}

// TestFormatJSON has "json" stand for all as JSON since 23, and what rows have since 28.
func TestFormatJSON(t *testing.T) {
	t.Parallel()
	for release, tests := range map[sim.Release][]struct{ line, want string }{
		sim.Docker20: {
			{"ps --format json", "json\n"}, {"run -it centos", "the input device is not a TTY"},
		},
		sim.Docker28: {
			{"ps --format json", `"Names":"c1"`}, {"network ls --filter name=host --format json", `"ID":ID,"IPv4":"true","IPv6":"false"`},
			{"inspect --format json c1", `"Name":"/c1"`}, {"version --format json", `"ApiVersion":"1.51"`}, {"info --format json", `"ServerVersion":"28.5.2"`},
			{"run -it centos", "the input device is not a TTY"},
		},
		sim.Docker29: {
			{"ps --format json", `"Names":"c1"`}, {"ps --format {{.Platform}}", "linux/amd64\n"}, {"ps --format table{{.Platform}}", "PLATFORM\nlinux/amd64\n"},
			{"network ls --filter name=host --format {{.IPv4}}", "true\n"},
			{"run -it centos", "cannot attach stdin to a TTY-enabled container because stdin is not a terminal"},
		},
	} {
		h := simtest.NewHost(t, sim.WithEngine(release), sim.WithImages(sim.Image{Name: "centos", Cmd: []string{"sleep", "1000000"}}))
		docker(t, h, "run -d --name c1 centos")
		for _, test := range tests {
			require.Contains(t, shortRE.ReplaceAllString(idRE.ReplaceAllString(docker(t, h, test.line), "ID"), "ID"), test.want, fmt.Sprint(release, ": docker ", test.line))
		}
	}
}
