package sim_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestTold: what dockerd keeps of a container is kept, and nothing of it is the caller's.
func TestTold(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	timeout := 3
	spec := dockerapi.ContainerCreate{
		Config: dockerapi.Config{
			Domainname: "example.com", User: "nobody", AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: true,
			OpenStdin: true, StdinOnce: true, Cmd: dockerapi.Words{"-c", "true"}, Image: "ubuntu", WorkingDir: "/srv",
			Entrypoint: dockerapi.Words{"sh"}, Labels: map[string]string{"a": "1"}, StopSignal: "SIGINT", StopTimeout: &timeout,
		},
		HostConfig: dockerapi.HostConfig{
			ContainerIDFile: "/tmp/cid", LogConfig: dockerapi.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "1m"}},
			RestartPolicy: dockerapi.RestartPolicy{Name: "on-failure", MaximumRetryCount: 3},
			CapAdd:        dockerapi.Words{"NET_ADMIN"}, CapDrop: dockerapi.Words{"ALL"}, Privileged: true, ConsoleSize: [2]uint{24, 80},
		},
	}
	c, err := h.CreateSpec("told", spec)
	require.NoError(t, err)
	want, err := json.Marshal(spec)
	require.NoError(t, err)
	timeout, spec.Labels["a"], spec.HostConfig.LogConfig.Config["max-size"], spec.HostConfig.CapAdd[0], spec.Entrypoint[0] = 9, "x", "x", "x", "x"
	info := c.Inspect()
	require.Equal(t, "sh", info.Path)
	require.Equal(t, []string{"-c", "true"}, info.Args)
	require.Empty(t, info.HostConfig.MaskedPaths, "privileged")
	require.Equal(t, "sh -c true", c.Summary().Command)
	got := dockerapi.ContainerCreate{Config: info.Config, HostConfig: info.HostConfig}
	for _, tt := range []struct{ name, want, got string }{
		{"Config", field(t, want, ""), field(t, marshal(t, got), "")},
		{"HostConfig", field(t, want, "HostConfig"), field(t, marshal(t, got), "HostConfig")},
	} {
		require.JSONEq(t, tt.want, tt.got, tt.name)
	}
	info.Config.Labels["a"], info.HostConfig.CapAdd[0], *info.Config.StopTimeout = "x", "x", 9
	require.JSONEq(t, field(t, want, ""), field(t, marshal(t, dockerapi.ContainerCreate{Config: c.Inspect().Config}), ""))

	require.NoError(t, c.Start())
	hosts, err := fs.ReadFile(c.FS(), "etc/hosts")
	require.NoError(t, err)
	require.Contains(t, string(hosts), "172.17.0.2\t"+c.ID()[:12]+".example.com "+c.ID()[:12]+"\n")
}

func marshal(t *testing.T, v any) []byte {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

// field returns what TestTold looks at of a spec: the fields that were set there.
func field(t *testing.T, spec []byte, name string) string {
	all := unmarshal[map[string]any](t, string(spec))
	keys := "Domainname User AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce Cmd Image WorkingDir Entrypoint Labels StopSignal StopTimeout"
	if name != "" {
		all = all[name].(map[string]any)
		keys = "ContainerIDFile LogConfig RestartPolicy CapAdd CapDrop Privileged ConsoleSize"
	}
	some := make(map[string]any)
	for key := range strings.FieldsSeq(keys) {
		require.Contains(t, all, key)
		some[key] = all[key]
	}
	return string(marshal(t, some))
}

// TestNotEmulated: what asks for something that is not there is refused, and what asks for
// nothing is not.
func TestNotEmulated(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for _, tt := range []struct{ body, want string }{
		{`{"Volumes":{"/data":{}}}`, "option Volumes is not emulated"},
		{`{"Healthcheck":{"Test":["CMD","true"]}}`, "option Healthcheck is not emulated"},
		{`{"Healthcheck":{"Test":["NONE"]}}`, ""},
		{`{"MacAddress":"02:00:00:00:00:01"}`, ""},
		{`{"HostConfig":{"Binds":["/a:/b"]}}`, "option Binds is not emulated"},
		{`{"HostConfig":{"Binds":[],"Mounts":[],"Tmpfs":{},"Init":false,"PidsLimit":0,"MemorySwappiness":-1,"MemorySwap":-1}}`, ""},
		{`{"HostConfig":{"Memory":1048576}}`, "option Memory is not emulated"},
		{`{"HostConfig":{"Devices":[{"PathOnHost":"/dev/x"}]}}`, "option Devices is not emulated"},
		{`{"HostConfig":{"Init":true}}`, "option Init is not emulated"},
		{`{"HostConfig":{"IpcMode":"host"}}`, "option IpcMode is not emulated"},
		{`{"HostConfig":{"IpcMode":"private","Runtime":"runc","CgroupnsMode":"host","ShmSize":67108864}}`, ""},
		{`{"HostConfig":{"LogConfig":{"Type":"syslog"}}}`, "option LogConfig syslog is not emulated"},
		{`{"HostConfig":{"ReadonlyRootfs":true}}`, "option ReadonlyRootfs is not emulated"},
	} {
		_, err := h.CreateSpec("", unmarshal[dockerapi.ContainerCreate](t, tt.body))
		if tt.want == "" {
			require.NoError(t, err, tt.body)
			continue
		}
		require.EqualError(t, err, tt.want, tt.body)
		require.ErrorIs(t, err, errors.ErrUnsupported)
	}
	info := simtest.Run(t, h, "again").Inspect()
	_, err := h.CreateSpec("", dockerapi.ContainerCreate{HostConfig: info.HostConfig})
	require.NoError(t, err, "what is told may be asked for")
}

// TestAskedRefused: Docker's words for what is wrong with a spec.
func TestAskedRefused(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for _, tt := range []struct {
		body, want string
		err        error
	}{
		{`{"WorkingDir":"srv"}`, "the working directory 'srv' is invalid, it needs to be an absolute path", sim.ErrName},
		{`{"StopSignal":"SIGNONE"}`, "Invalid signal: SIGNONE", sim.ErrName},
		{`{"HostConfig":{"RestartPolicy":{"Name":"sometimes"}}}`, "invalid restart policy 'sometimes'", sim.ErrName},
		{`{"HostConfig":{"RestartPolicy":{"Name":"always","MaximumRetryCount":1}}}`, "maximum retry count cannot be used with restart policy 'always'", sim.ErrConflict},
		{`{"HostConfig":{"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":-1}}}`, "maximum retry count cannot be negative", sim.ErrConflict},
		{`{"HostConfig":{"AutoRemove":true,"RestartPolicy":{"Name":"always"}}}`, "can't create 'AutoRemove' container with restart policy", sim.ErrConflict},
	} {
		_, err := h.CreateSpec("", unmarshal[dockerapi.ContainerCreate](t, tt.body))
		require.EqualError(t, err, tt.want, tt.body)
		require.ErrorIs(t, err, tt.err)
	}
	_, err := h.Create("", sim.WithRestart("on-failure:x"))
	require.EqualError(t, err, "maximum retry count must be an integer")
	for policy, want := range map[string]dockerapi.RestartPolicy{
		"": {Name: "no"}, "no": {Name: "no"}, "always": {Name: "always"}, "on-failure:3": {Name: "on-failure", MaximumRetryCount: 3},
	} {
		c, err := h.Create("", sim.WithRestart(policy), sim.WithLabels("a=b=c", "d"))
		require.NoError(t, err)
		require.Equal(t, want, c.Inspect().HostConfig.RestartPolicy)
		require.Equal(t, map[string]string{"a": "b=c", "d": ""}, c.Summary().Labels)
	}
}

// TestNetworkAsked: what networks keep and refuse.
func TestNetworkAsked(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for _, tt := range []struct{ body, want string }{
		{`{"Name":"n1","Scope":"local","Attachable":true,"CheckDuplicate":true,"Labels":{"a":"1"}}`, ""},
		{`{"Name":"n2","Scope":"swarm"}`, "option Scope swarm is not emulated"},
		{`{"Name":"n3","Ingress":true}`, "option Ingress is not emulated"},
		{`{"Name":"n4","ConfigFrom":{"Network":"x"}}`, `configuration network "x" does not exist`},
		{`{"Name":"aux","IPAM":{"Config":[{"Subnet":"10.1.0.0/24","AuxiliaryAddresses":{"r":"10.1.0.2","s":"10.1.0.3"}}]}}`, ""},
		{`{"Name":"n5","IPAM":{"Config":[{"Subnet":"10.2.0.0/24","AuxiliaryAddresses":{"r":"router"}}]}}`, "non parsable secondary ip address (r:router) passed for network n5"},
		{`{"Name":"n6","IPAM":{"Config":[{"Subnet":"10.2.0.0/24","AuxiliaryAddresses":{"r":"10.3.0.2"}}]}}`, "auxiliary address: (r:10.3.0.2) must belong to the master pool: 10.2.0.0/24"},
		{`{"Name":"n7","IPAM":{"Config":[{"Subnet":"10.2.0.0/24","AuxiliaryAddresses":{"r":"10.2.0.1"}}]}}`, "failed to allocate secondary ip address (r:10.2.0.1): Address already in use"},
	} {
		_, err := h.CreateNetworkSpec(unmarshal[dockerapi.NetworkCreate](t, tt.body))
		if tt.want == "" {
			require.NoError(t, err, tt.body)
		} else {
			require.EqualError(t, err, tt.want, tt.body)
		}
	}
	n1, _ := h.Network("n1")
	require.True(t, n1.Inspect().Attachable)
	require.Equal(t, map[string]string{"a": "1"}, n1.Inspect().Labels)
	aux, _ := h.Network("aux")
	require.Equal(t, map[string]string{"r": "10.1.0.2", "s": "10.1.0.3"}, aux.Inspect().IPAM.Config[0].AuxAddresses)
	require.Equal(t, "10.1.0.4", simtest.Run(t, h, "third", sim.WithNetwork(aux)).IP().String())
}

// TestSummary compares the entry of a list with a recorded one, but for what varies.
func TestSummary(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	net := simtest.NewNetwork(t, h, "net")
	multi := sim.Image{Name: "multi", Cmd: []string{"who", "80", "443", "53", "9000"}, Expose: []string{"80", "443", "53", "53/udp", "8002-8004", "9000", "132/sctp"}}
	c := simtest.Run(t, h, "k1", sim.WithImage(multi), sim.WithNetwork(net, sim.WithAlias("a")), sim.WithPublish("8080:80"))
	got := c.Summary()
	want, err := os.ReadFile("testdata/summary.json")
	require.NoError(t, err)
	e := got.NetworkSettings.Networks["net"]
	text := strings.NewReplacer(
		c.ID(), "CONTAINER", got.ImageID, "sha256:IMAGE", e.NetworkID, "NETWORK", e.EndpointID, "ENDPOINT",
	).Replace(string(marshal(t, got)))
	var fields map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &fields))
	require.Equal(t, float64(c.Inspect().Created.Unix()), fields["Created"])
	fields["Created"] = 0
	require.JSONEq(t, string(want), string(marshal(t, fields)))
}
