package sim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/require"
)

// unmarshal returns the value that text is the JSON of.
func unmarshal[T any](t *testing.T, text string) (value T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &value))
	return value
}

// told is all that inspect and iptables-save tell of a host, but for the times.
func told(t *testing.T, h *sim.Host) string {
	var b bytes.Buffer
	for c := range h.Containers() {
		info := c.Inspect()
		info.Created, info.State.StartedAt, info.State.FinishedAt = time.Time{}, time.Time{}, time.Time{}
		info.Config.AttachStdout, info.Config.AttachStderr, info.Config.Labels = false, false, nil
		require.NoError(t, json.NewEncoder(&b).Encode(info))
		fmt.Fprintln(&b, c.Env(), c.Ports())
	}
	for n := range h.Networks() {
		info := n.Inspect()
		info.Created = time.Time{}
		require.NoError(t, json.NewEncoder(&b).Encode(info))
	}
	b.WriteString(save(t, h, "nat", "filter"))
	return strings.ReplaceAll(b.String(), "},", "},\n")
}

// TestRecordedRequests: what docker and docker-compose send makes what options make.
func TestRecordedRequests(t *testing.T) {
	t.Parallel()
	requests, err := os.ReadFile("testdata/create-requests.txt")
	require.NoError(t, err)
	sent, made := simtest.NewHost(t, sim.WithSeed(7)), simtest.NewHost(t, sim.WithSeed(7))
	postgres := sim.Image{Name: "training/postgres", Expose: []string{"5432"}}
	for line := range strings.Lines(string(requests)) {
		if method, request, _ := strings.Cut(line, " "); method == "POST" {
			path, body, _ := strings.Cut(request, " ")
			post(t, sent, path, body, sim.WithImage(postgres))
		}
	}

	network := func(name string, opts ...sim.NetworkOption) *sim.Network {
		return simtest.NewNetwork(t, made, name, opts...)
	}
	image := func(name string) sim.ContainerOption { return sim.WithImage(sim.Image{Name: name}) }
	testnet := network("testnet")
	myBridge := network("myBridge", sim.WithSubnet(prefix("192.168.0.0/16")), sim.WithGateway(netip.MustParseAddr("192.168.0.1")))
	test1 := simtest.Run(t, made, "test1", sim.WithNetwork(testnet, sim.WithAlias("t1")), image("centos:v1"))
	db := simtest.Run(t, made, "db", sim.WithImage(postgres))
	simtest.Run(t, made, "web2", image("training/webapp"), sim.WithCommand("env"), sim.WithLink(db, ""), sim.WithAutoRemove())
	simtest.Run(t, made, "web", image("training/webapp"), sim.WithLink(db, "db"), sim.WithPublishAll())
	simtest.Run(t, made, "nginx", image("nginx"), sim.WithPublish("80:80"), sim.WithEnv("A=B"), sim.WithNetwork(testnet))
	require.NoError(t, test1.Connect(myBridge))
	front, err := made.CreateNetworkSpec(dockerapi.NetworkCreate{
		Name: "proj_front", Attachable: true, IPAM: dockerapi.IPAM{Config: []dockerapi.IPAMConfig{{Subnet: "10.5.0.0/16"}}},
		Labels: map[string]string{"com.docker.compose.network": "front", "com.docker.compose.project": "proj", "com.docker.compose.version": "1.29.2"},
	})
	require.NoError(t, err)
	projDB := simtest.Run(t, made, "proj_db_1", image("training/postgres:latest"), sim.WithNetwork(front, sim.WithAlias("db")))
	require.NoError(t, projDB.Disconnect(front))
	require.NoError(t, projDB.Connect(front, sim.WithAlias("24d3a6ab63bb", "db")))
	simtest.Run(t, made, "proj_web_1", image("nginx:latest"), sim.WithPublish("8080:80"), sim.WithNetwork(front, sim.WithAlias("web", "w")))

	require.Equal(t, told(t, made), told(t, sent))
}

// post does what a request asks for. A container has the image given if it names it.
func post(t *testing.T, h *sim.Host, path, body string, image sim.ContainerOption) {
	path = strings.TrimPrefix(path, "/v1.41/")
	if name, ok := strings.CutPrefix(path, "containers/create?name="); ok {
		var opts []sim.ContainerOption
		spec := unmarshal[dockerapi.ContainerCreate](t, body)
		if spec.Image == "training/postgres" {
			opts = append(opts, image)
		}
		c, err := h.CreateSpec(name, spec, opts...)
		require.NoError(t, err)
		require.NoError(t, c.Start())
		return
	}
	if path == "networks/create" {
		_, err := h.CreateNetworkSpec(unmarshal[dockerapi.NetworkCreate](t, body))
		require.NoError(t, err)
		return
	}
	n, ok := h.Network(strings.TrimSuffix(strings.TrimPrefix(path, "networks/"), "/connect"))
	require.True(t, ok, path)
	request := unmarshal[struct {
		Container      string
		EndpointConfig dockerapi.EndpointConfig
	}](t, body)
	c, ok := h.Container(request.Container)
	require.True(t, ok)
	if n.Name() == "proj_front" { // as compose does before
		require.NoError(t, c.Disconnect(n))
	}
	require.NoError(t, c.ConnectSpec(n, request.EndpointConfig))
}

// TestSpecRoundTrip: the options of a container, as a spec that has been JSON, make the
// same container. So does what Inspect tells of it.
func TestSpecRoundTrip(t *testing.T) {
	t.Parallel()
	type world struct {
		*sim.Host
		net *sim.Network
		db  *sim.Container
	}
	begin := func(opts ...sim.HostOption) (w world) {
		w.Host = simtest.NewHost(t, append(opts, sim.WithSeed(3))...)
		w.net = simtest.NewNetwork(t, w.Host, "net", sim.WithSubnet(prefix("10.1.0.0/24")), sim.WithSubnet(prefix("fd00:1::/64")))
		w.db = simtest.Run(t, w.Host, "db", sim.WithExpose("5432", "5000-5002/udp"), sim.WithEnv("PASSWORD=x"))
		return w
	}
	image := sim.Image{Name: "app", Cmd: []string{"serve", "it"}, Env: []string{"A=image", "B=image"}, Expose: []string{"443"}}
	for name, options := range map[string]func(w world) []sim.ContainerOption{
		"nothing": func(world) []sim.ContainerOption { return nil },
		"everything on the default bridge": func(w world) []sim.ContainerOption {
			return []sim.ContainerOption{
				sim.WithHostname("web.example"), sim.WithEnv("A=own", "C=1", "C=2"), sim.WithExpose("80", "8000-8002/udp"),
				sim.WithPublish("8080:80", "127.0.0.1:8081:80", "[::1]:8082:80", "127.0.0.1::53/udp", "7000-7005:90", "9000-9001:9000-9001"),
				sim.WithPublishAll(), sim.WithDNS(netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fd00::1")), sim.WithDNSSearch("a.test", "b.test"),
				sim.WithDNSOption("ndots:2"), sim.WithAddHost("up:host-gateway", "six:fd00::2", "four:1.2.3.4"),
				sim.WithLink(w.db, ""), sim.WithLink(w.db, "store"), sim.WithLink(w.db, "store"), sim.WithImage(image),
			}
		},
		"everything on a network": func(w world) []sim.ContainerOption {
			return []sim.ContainerOption{
				sim.WithLink(w.db, "store"), sim.WithPublish("80"),
				sim.WithNetwork(w.net, sim.WithAlias("one", "two"), sim.WithNetworkLink(w.db, "other"), withAddr("10.1.0.50"), withAddr("fd00:1::50")),
			}
		},
		"on the host":            func(world) []sim.ContainerOption { return []sim.ContainerOption{sim.WithHostNetwork()} },
		"on none":                func(world) []sim.ContainerOption { return []sim.ContainerOption{sim.WithNoNetwork()} },
		"in another's namespace": func(w world) []sim.ContainerOption { return []sim.ContainerOption{sim.WithNetworkOf(w.db)} },
		"on bridge, by its name": func(w world) []sim.ContainerOption {
			return []sim.ContainerOption{sim.WithNetwork(bridgeOf(t, w.Host))}
		},
		"with an address of IPv6": func(w world) []sim.ContainerOption {
			return []sim.ContainerOption{sim.WithNetwork(w.net, withAddr("fd00:1::50"))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, host := range [][]sim.HostOption{nil, {sim.WithICC(false), sim.WithMTU(1400)}} {
				made, through, again := begin(host...), begin(host...), begin(host...)
				c := simtest.Run(t, made.Host, "web", options(made)...)
				spec, err := made.ContainerSpec(options(made)...)
				require.NoError(t, err)
				text, err := json.Marshal(spec)
				require.NoError(t, err)
				var opts []sim.ContainerOption
				if spec.Image != "" {
					opts = append(opts, sim.WithImage(image))
				}
				start := func(h *sim.Host, spec dockerapi.ContainerCreate) {
					c, err := h.CreateSpec("web", spec, opts...)
					require.NoError(t, err)
					require.NoError(t, c.Start())
				}
				start(through.Host, unmarshal[dockerapi.ContainerCreate](t, string(text)))
				require.Equal(t, told(t, made.Host), told(t, through.Host))

				info := c.Inspect()
				spec = dockerapi.ContainerCreate{Config: info.Config, HostConfig: info.HostConfig}
				spec.NetworkingConfig.EndpointsConfig = make(map[string]dockerapi.EndpointConfig)
				for name, e := range info.NetworkSettings.Networks {
					e.Aliases = nil // they are told with the ID, which predefined networks and others' do not take
					if name == "net" {
						e.Aliases = []string{"one", "two"}
					}
					spec.NetworkingConfig.EndpointsConfig[name] = e.EndpointConfig
				}
				if spec.HostConfig.NetworkMode == "container:"+made.db.ID() {
					spec.Hostname, spec.ExposedPorts = "", nil // it is told that of the other one
				}
				start(again.Host, spec)
				c, _ = again.Container("web")
				require.Equal(t, info.HostConfig, c.Inspect().HostConfig)
				require.Equal(t, info.NetworkSettings.Ports, c.Inspect().NetworkSettings.Ports)
				require.ElementsMatch(t, info.Config.Env, c.Inspect().Config.Env)
			}
		})
	}
}

func bridgeOf(t *testing.T, h *sim.Host) *sim.Network {
	n, ok := h.Network("bridge")
	require.True(t, ok)
	return n
}

// TestSpecNames: a spec names networks and containers by name or ID, and stays as it is.
func TestSpecNames(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	n := simtest.NewNetwork(t, h, "net")
	db := simtest.Run(t, h, "db")
	for i, tt := range []struct{ spec, mode, network string }{
		{`{}`, "default", "bridge"},
		{`{"HostConfig":{"NetworkMode":"default"},"NetworkingConfig":{"EndpointsConfig":{"default":{}}}}`, "default", "bridge"},
		{`{"HostConfig":{"NetworkMode":"net"}}`, "net", "net"},
		{`{"HostConfig":{"NetworkMode":"` + n.ID() + `"},"NetworkingConfig":{"EndpointsConfig":{"net":{"Aliases":["x"]}}}}`, n.ID(), "net"},
		{`{"HostConfig":{"NetworkMode":"net"},"NetworkingConfig":{"EndpointsConfig":{"` + n.ID() + `":{"Aliases":["x"]}}}}`, "net", "net"},
		{`{"NetworkingConfig":{"EndpointsConfig":{"net":{}}}}`, "default", "net"},
		{`{"HostConfig":{"NetworkMode":"container:db"}}`, "container:" + db.ID(), ""},
		{`{"HostConfig":{"NetworkMode":"container:` + db.ID()[:12] + `"}}`, "container:" + db.ID(), ""},
		{`{"HostConfig":{"PortBindings":{"80/tcp":[]}}}`, "default", "bridge"},
		{`{"HostConfig":{"Links":["` + db.ID()[:12] + `:db","/db:/web/store"]}}`, "default", "bridge"},
	} {
		spec := unmarshal[dockerapi.ContainerCreate](t, tt.spec)
		before, err := json.Marshal(spec)
		require.NoError(t, err)
		c, err := h.CreateSpec(fmt.Sprint("web", i), spec, sim.WithEnv("A=1"), sim.WithPublish("80"), sim.WithExpose("81"))
		if strings.HasPrefix(tt.mode, "container:") {
			require.ErrorIs(t, err, sim.ErrConflict, "ports are the other one's")
			c, err = h.CreateSpec(fmt.Sprint("web", i), spec)
		}
		require.NoError(t, err, tt.spec)
		after, err := json.Marshal(spec)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after))
		info := c.Inspect()
		require.Equal(t, tt.mode, info.HostConfig.NetworkMode, tt.spec)
		if tt.network != "" {
			require.Contains(t, info.NetworkSettings.Networks, tt.network)
		}
		require.NoError(t, c.Remove())
	}
}

// TestSpecRefused: what is not understood is refused, in Docker's words.
func TestSpecRefused(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	simtest.NewNetwork(t, h, "net", sim.WithSubnet(prefix("10.1.0.0/24")))
	simtest.NewNetwork(t, h, "net2")
	simtest.Run(t, h, "db")
	endpoint := func(config string) string { return `{"NetworkingConfig":{"EndpointsConfig":{"net":` + config + `}}}` }
	host := func(config string) string { return `{"HostConfig":{` + config + `}}` }
	for _, tt := range []struct {
		spec, message string
		err           error
	}{
		{`{"Hostname":"a b"}`, `sethostname: invalid argument: "a b"`, sim.ErrName},
		{`{"Env":["A=1","=B"]}`, "invalid environment variable: =B", sim.ErrName},
		{`{"ExposedPorts":{"x/tcp":{}}}`, "invalid range format for --expose: x/tcp, error: strconv.ParseUint: parsing \"x\": invalid syntax", sim.ErrPort},
		{host(`"PortBindings":{"0x/tcp":[{}]}`), `invalid port specification: "0x/tcp"`, sim.ErrPort},
		{host(`"PortBindings":{"80-81/tcp":[{}]}`), `invalid port specification: "80-81/tcp"`, sim.ErrPort},
		{host(`"PortBindings":{"80/tcp":[{"HostPort":"99999"}]}`), `invalid port specification: "99999"`, sim.ErrPort},
		{host(`"PortBindings":{"80/tcp":[{"HostPort":"1.2.3.4:80"}]}`), `invalid port specification: "1.2.3.4:80"`, sim.ErrPort},
		{host(`"PortBindings":{"80/tcp":[{"HostIp":"x"}]}`), "Invalid ip address: x", sim.ErrPort},
		{host(`"Dns":["x"]`), "x is not an ip address", sim.ErrAddress},
		{host(`"ExtraHosts":["x"]`), `bad format for add-host: "x"`, sim.ErrName},
		{host(`"NetworkMode":"container:nosuch"`), "No such container: nosuch", sim.ErrNotFound},
		{host(`"Links":[""]`), "empty string specified for links", sim.ErrName},
		{host(`"Links":["a:b:c"]`), "bad format for links: a:b:c", sim.ErrName},
		{host(`"Links":["db:a b"]`), `invalid alias "a b"`, sim.ErrName},
		{host(`"Links":["nosuch:x"]`), "could not get container for nosuch: No such container: nosuch", sim.ErrNotFound},
		{`{"NetworkingConfig":{"EndpointsConfig":{"net":{},"net2":{}}}}`, "Container cannot be connected to network endpoints: net, net2", sim.ErrConflict},
		{`{"HostConfig":{"NetworkMode":"net2"},"NetworkingConfig":{"EndpointsConfig":{"net":{}}}}`,
			"Container cannot be connected to network endpoints: net2, net", sim.ErrConflict},
		{`{"HostConfig":{"NetworkMode":"container:db"},"NetworkingConfig":{"EndpointsConfig":{"net":{}}}}`,
			"Container cannot be connected to network endpoints: container:db, net", sim.ErrConflict},
		{endpoint(`{"IPAMConfig":{"IPv4Address":"fd00::1"}}`), "invalid IPv4 address: fd00::1", sim.ErrAddress},
		{endpoint(`{"IPAMConfig":{"IPv6Address":"10.1.0.9"}}`), "invalid IPv6 address: 10.1.0.9", sim.ErrAddress},
		{endpoint(`{"Links":["a:b:c"]}`), "bad format for links: a:b:c", sim.ErrName},
		{endpoint(`{"Aliases":[""]}`), "invalid network-scoped alias: it is empty", sim.ErrName},
	} {
		before := told(t, h)
		_, err := h.CreateSpec("web", unmarshal[dockerapi.ContainerCreate](t, tt.spec))
		require.EqualError(t, err, tt.message, tt.spec)
		require.ErrorIs(t, err, tt.err)
		require.ErrorAs(t, err, new(*sim.Error))
		require.Equal(t, before, told(t, h))
	}
	var bad *veth.Error
	_, err := h.CreateSpec("web", dockerapi.ContainerCreate{}, sim.WithNetwork(bridgeOf(t, h), sim.WithImpairment(veth.Impairment{Delay: -1}, veth.Impairment{})))
	require.ErrorAs(t, err, &bad)
}

// TestNetworkSpec compares networks made by JSON and by options.
func TestNetworkSpec(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		spec string
		opts []sim.NetworkOption
	}{
		{`{}`, nil},
		{`{"CheckDuplicate":true,"Driver":"bridge","IPAM":{"Driver":"default","Options":{},"Config":[]},"Options":{},"Labels":{}}`, nil},
		{`{"Internal":true}`, []sim.NetworkOption{sim.WithInternal()}},
		{`{"Options":{"com.docker.network.bridge.enable_icc":"false","com.docker.network.bridge.enable_ip_masquerade":"false","com.docker.network.driver.mtu":"9000"}}`,
			[]sim.NetworkOption{sim.WithICC(false), sim.WithMasquerade(false), sim.WithMTU(9000)}},
		{`{"Options":{"com.docker.network.bridge.enable_icc":"true"}}`, []sim.NetworkOption{sim.WithICC(true)}},
		{`{"EnableIPv6":true,"IPAM":{"Config":[{"Subnet":"10.1.0.0/16","IPRange":"10.1.5.0/24","Gateway":"10.1.0.7"},{"Subnet":"fd00:1::/64","Gateway":"fd00:1::7"}]}}`,
			[]sim.NetworkOption{
				sim.WithGateway(netip.MustParseAddr("10.1.0.7")), sim.WithSubnet(prefix("10.1.0.0/16")), sim.WithIPRange(prefix("10.1.5.0/24")),
				sim.WithSubnet(prefix("fd00:1::/64")), sim.WithGateway(netip.MustParseAddr("fd00:1::7")),
			}},
	} {
		sent, made := simtest.NewHost(t, sim.WithSeed(7)), simtest.NewHost(t, sim.WithSeed(7))
		spec := unmarshal[dockerapi.NetworkCreate](t, tt.spec)
		spec.Name = "net"
		_, err := sent.CreateNetworkSpec(spec)
		require.NoError(t, err)
		simtest.NewNetwork(t, made, "net", tt.opts...)
		require.Equal(t, told(t, made), told(t, sent), tt.spec)
	}
	h := simtest.NewHost(t)
	n, err := h.CreateNetworkSpec(unmarshal[dockerapi.NetworkCreate](t, `{"Name":"net","Labels":{"a":"b"},"Options":{"com.docker.network.bridge.nosuchoption":"1"}}`))
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": "b"}, n.Inspect().Labels)
	require.Equal(t, map[string]string{"com.docker.network.bridge.nosuchoption": "1"}, n.Inspect().Options, "as Docker does")
}

// TestNetworkSpecRefused: the messages are recorded, but for those of what is not emulated.
func TestNetworkSpecRefused(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for _, tt := range []struct {
		spec, message string
		err           error
	}{
		{`{"Driver":"nosuchdriver"}`, `plugin "nosuchdriver" not found`, sim.ErrNotFound},
		{`{"Driver":"host"}`, `only one instance of "host" network is allowed`, sim.ErrPredefined},
		{`{"Driver":"null"}`, `only one instance of "null" network is allowed`, sim.ErrPredefined},
		{`{"IPAM":{"Driver":"dhcp"}}`, `plugin "dhcp" not found`, sim.ErrNotFound},
		{`{"IPAM":{"Options":{"a":"b"}}}`, "option a is not emulated", errors.ErrUnsupported},
		{`{"Options":{"com.docker.network.bridge.name":"averyveryverylongname"}}`, "failed to check bridge interface existence: numerical result out of range", sim.ErrName},
		{`{"Options":{"com.docker.network.bridge.name":"lo"}}`, "option com.docker.network.bridge.name of an interface is not emulated", errors.ErrUnsupported},
		{`{"Options":{"com.docker.network.bridge.host_binding_ipv4":"zz"}}`, "failed to parse com.docker.network.bridge.host_binding_ipv4 value: zz (nil ip)", sim.ErrConflict},
		{`{"Options":{"com.docker.network.bridge.enable_icc":"maybe"}}`,
			`failed to parse com.docker.network.bridge.enable_icc value: maybe (strconv.ParseBool: parsing "maybe": invalid syntax)`, sim.ErrConflict},
		{`{"Options":{"com.docker.network.driver.mtu":"abc"}}`,
			`failed to parse com.docker.network.driver.mtu value: abc (strconv.Atoi: parsing "abc": invalid syntax)`, sim.ErrConflict},
		{`{"Options":{"com.docker.network.driver.mtu":"-5"}}`, "invalid MTU number: -5", sim.ErrMTU},
		{`{"EnableIPv6":true}`,
			"could not find an available, non-overlapping IPv6 address pool among the defaults to assign to the network", sim.ErrNoAddress},
		{`{"IPAM":{"Config":[{"Subnet":"10.2.0.0"}]}}`, "Invalid subnet 10.2.0.0 : invalid CIDR address: 10.2.0.0", sim.ErrAddress},
		{`{"IPAM":{"Config":[{"Subnet":"10.2.0.0/24"},{"Subnet":"10.3.0.0/24"}]}}`, "bridge driver doesn't support multiple subnets", sim.ErrConflict},
		{`{"IPAM":{"Config":[{"Gateway":"10.2.0.1"}]}}`, "every ip-range or gateway must have a corresponding subnet", sim.ErrConflict},
		{`{"IPAM":{"Config":[{"Subnet":"10.2.0.0/24","Gateway":"10.2.0.300"}]}}`, "no matching subnet for gateway 10.2.0.300", sim.ErrAddress},
		{`{"IPAM":{"Config":[{"Subnet":"10.2.0.0/24","IPRange":"zz"}]}}`, "no matching subnet for range zz", sim.ErrAddress},
	} {
		spec := unmarshal[dockerapi.NetworkCreate](t, tt.spec)
		spec.Name = "net"
		_, err := h.CreateNetworkSpec(spec)
		require.EqualError(t, err, tt.message, tt.spec)
		require.ErrorIs(t, err, tt.err)
		require.ErrorAs(t, err, new(*sim.Error))
	}
}

// TestSpecOfThousands: a spec may ask for all ports and for twenty thousand names. It takes
// less than a second; with the square of their number it took a quarter of a minute.
func TestSpecOfThousands(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	simtest.NewNetwork(t, h, "n")
	names := make([]string, 20_000)
	for i := range names {
		names[i] = fmt.Sprint("name", i)
	}
	c, err := h.CreateSpec("web", dockerapi.ContainerCreate{
		Config: dockerapi.Config{ExposedPorts: map[string]struct{}{"1-65535/tcp": {}, "1-65535/udp": {}}},
		NetworkingConfig: dockerapi.NetworkingConfig{EndpointsConfig: map[string]dockerapi.EndpointConfig{
			"n": {Aliases: names},
		}},
	})
	require.NoError(t, err)
	require.NoError(t, c.Start())
	require.Len(t, c.Inspect().Config.ExposedPorts, 2*65535)
	require.NoError(t, c.ForceRemove())
}
