package sim_test

import (
	"io"
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/ping"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// writeDaemonFile writes /etc/docker/daemon.json.
func writeDaemonFile(t *testing.T, h *sim.Host, text string) {
	t.Helper()
	files := h.FS()
	if err := files.Mkdir("etc/docker", 0o755); err != nil {
		require.ErrorIs(t, err, fs.ErrExist)
	}
	f, err := files.OpenFile("etc/docker/daemon.json", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	require.NoError(t, err)
	_, err = io.WriteString(f, text)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// restartWith restarts dockerd with a daemon.json.
func restartWith(t *testing.T, h *sim.Host, text string) error {
	t.Helper()
	writeDaemonFile(t, h, text)
	return h.RestartDaemon(t.Context())
}

// changed returns the lines of text that old has not, and those that went, each with its sign.
func changed(old, text string) (diff []string) {
	has := func(text, line string) bool { return strings.Contains("\n"+text, "\n"+line+"\n") }
	for line := range strings.Lines(old) {
		if line = strings.TrimSuffix(line, "\n"); !has(text, line) {
			diff = append(diff, "- "+line)
		}
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); !has(old, line) {
			diff = append(diff, "+ "+line)
		}
	}
	return diff
}

// TestDaemonFileRules are the changes of iptables-save from one restart to the next, as recorded
// with dockerd 20.10.24 and the same files.
func TestDaemonFileRules(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	masquerade := func(subnet string) string { return "-A POSTROUTING -s " + subnet + " ! -o docker0 -j MASQUERADE" }
	const (
		accept  = "-A FORWARD -i docker0 -o docker0 -j ACCEPT"
		drop    = "-A FORWARD -i docker0 -o docker0 -j DROP"
		outside = "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER"
		all     = "-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER"
		hairpin = "-A POSTROUTING -o docker0 -m addrtype --src-type LOCAL -j MASQUERADE"
		ret     = "-A DOCKER -i docker0 -j RETURN"
	)
	for _, tt := range []struct {
		file, subnet, gateway string
		rules                 []string
	}{
		{"{}", "172.17.0.0/16", "172.17.0.1", nil},
		{`{"icc":false}`, "172.17.0.0/16", "172.17.0.1", []string{"- " + accept, "+ " + drop}},
		{"{}", "172.17.0.0/16", "172.17.0.1", []string{"- " + drop, "+ " + accept}},
		{`{"bip":"10.9.0.1/24"}`, "10.9.0.0/24", "10.9.0.1", []string{"- " + masquerade("172.17.0.0/16"), "+ " + masquerade("10.9.0.0/24")}},
		{"{}", "10.9.0.0/24", "10.9.0.1", nil},
		{`{"iptables":false}`, "10.9.0.0/24", "10.9.0.1", nil},
		{"{}", "10.9.0.0/24", "10.9.0.1", nil},
		{`{"ip-masq":false}`, "10.9.0.0/24", "10.9.0.1", []string{"- " + masquerade("10.9.0.0/24"), "- " + ret}},
		{"{}", "10.9.0.0/24", "10.9.0.1", []string{"+ " + masquerade("10.9.0.0/24"), "+ " + ret}},
		{`{"userland-proxy":false}`, "10.9.0.0/24", "10.9.0.1", []string{"- " + outside, "- " + ret, "+ " + all, "+ " + hairpin}},
		{"{}", "10.9.0.0/24", "10.9.0.1", []string{"- " + all, "+ " + outside, "+ " + ret}}, // the other stays
		{`{"default-address-pools":[{"base":"10.50.0.0/16","size":24}]}`, "10.50.0.0/24", "10.50.0.1", []string{"- " + masquerade("10.9.0.0/24"), "+ " + masquerade("10.50.0.0/24")}},
		{`{"bip":"172.18.0.1/16"}`, "172.18.0.0/16", "172.18.0.1", []string{"- " + masquerade("10.50.0.0/24"), "+ " + masquerade("172.18.0.0/16")}},
	} {
		before := save(t, h)
		require.NoError(t, restartWith(t, h, tt.file), tt.file)
		require.Equal(t, tt.rules, changed(before, save(t, h)), tt.file)
		docker0, _ := h.Network("bridge")
		require.Equal(t, tt.subnet, docker0.Inspect().IPAM.Config[0].Subnet, tt.file)
		require.Equal(t, tt.gateway, docker0.Gateway().String(), tt.file)
		require.Equal(t, []netip.Prefix{netip.MustParsePrefix(tt.gateway + tt.subnet[strings.Index(tt.subnet, "/"):])}, addrsOf(t, h, "docker0"), tt.file)
		c := simtest.Run(t, h, "c1")
		require.Equal(t, docker0.Gateway().Next(), c.IP(), tt.file)
		report, err := c.Ping(t.Context(), tt.gateway, &ping.Config{Count: 1})
		require.NoError(t, err, tt.file)
		require.Equal(t, 1, report.Received, tt.file)
		require.NoError(t, c.ForceRemove())
	}
}

// addrsOf returns the IPv4 addresses of an interface.
func addrsOf(t *testing.T, h *sim.Host, name string) (list []netip.Prefix) {
	t.Helper()
	for _, i := range h.Interfaces() {
		for _, a := range i.Addrs {
			if i.Name == name && a.Addr().Is4() {
				list = append(list, a)
			}
		}
	}
	return list
}

// addrOf6 returns the address of eth0 that is not of the link, the zero Addr if it has none.
func addrOf6(c *sim.Container) (found netip.Addr) {
	for _, i := range c.Interfaces() {
		for _, a := range i.Addrs {
			if i.Name == "eth0" && a.Addr().Is6() && !a.Addr().IsLinkLocalUnicast() {
				found = a.Addr()
			}
		}
	}
	return found
}

// TestDaemonFileOptions: what "docker network inspect bridge" tells, as recorded.
func TestDaemonFileOptions(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	docker0, _ := h.Network("bridge")
	for _, tt := range []struct{ file, key, value string }{
		{`{"icc":false}`, dockerapi.OptionICC, "false"},
		{`{}`, dockerapi.OptionICC, "true"},
		{`{"iptables":false}`, dockerapi.OptionMasquerade, "false"},
		{`{"ip-masq":false}`, dockerapi.OptionMasquerade, "false"},
		{`{"mtu":1400}`, dockerapi.OptionMTU, "1400"},
		{`{"mtu":0}`, dockerapi.OptionMTU, "1500"},
		{`{"ip":"127.0.0.1"}`, "com.docker.network.bridge.host_binding_ipv4", "127.0.0.1"},
		{`{}`, "com.docker.network.bridge.host_binding_ipv4", "0.0.0.0"},
	} {
		require.NoError(t, restartWith(t, h, tt.file), tt.file)
		require.Equal(t, tt.value, docker0.Inspect().Options[tt.key], tt.file)
	}
	require.NoError(t, restartWith(t, h, `{"bip":"10.78.0.1/24","default-gateway":"10.78.0.9","mtu":1400,"ipv6":true,"fixed-cidr-v6":"fd00:1::/64"}`))
	info := docker0.Inspect()
	require.True(t, info.EnableIPv6)
	require.Equal(t, map[string]string{"DefaultGatewayIPv4": "10.78.0.9"}, info.IPAM.Config[0].AuxAddresses)
	c := simtest.Run(t, h, "c1")
	require.Equal(t, netip.MustParseAddr("fd00:1::242:a4e:2"), addrOf6(c))
	require.Contains(t, c.Routes(), sim.Route{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("10.78.0.9"), Dev: "eth0"})
	for _, i := range c.Interfaces() {
		if i.Name == "eth0" {
			require.Equal(t, 1400, i.MTU)
		}
	}
	require.NoError(t, c.ForceRemove())
	require.NoError(t, restartWith(t, h, `{}`))
	require.False(t, docker0.Inspect().EnableIPv6)
	require.False(t, addrOf6(simtest.Run(t, h, "d1")).IsValid())
}

// TestDaemonFileRefused: dockerd does not start, says why in its own words, and starts with a file
// that is mended. What was so before stays so.
func TestDaemonFileRefused(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	simtest.NewNetwork(t, h, "net", sim.WithSubnet(netip.MustParsePrefix("10.77.0.0/24")))
	require.NoError(t, h.RestartDaemon(t.Context())) // which moves docker0's rules up
	docker0, _ := h.Network("bridge")
	before, bridge := save(t, h), docker0.Inspect()
	for file, want := range map[string]string{
		"":                               "unable to configure the Docker daemon with file /etc/docker/daemon.json: EOF",
		`{"icc":false,"iptables":false}`: "failed to start daemon: You specified --iptables=false with --icc=false. ICC=false uses iptables to function. Please set --icc or --iptables to true",
		`{"ipv6":true}`:                  "failed to start daemon: Error initializing network controller: IPv6 is enabled for the default bridge, but no subnet is configured. Specify an IPv6 subnet using --fixed-cidr-v6",
		`{"bip":"foo"}`:                  "failed to start daemon: Error initializing network controller: invalid CIDR address: foo",
		`{"bip":"10.77.0.1/16"}`:         `failed to start daemon: Error initializing network controller: Error creating default "bridge" network: Pool overlaps with other one on this address space`,
		`{"bip":"10.78.0.1/24","default-gateway":"172.17.0.9"}`: `failed to start daemon: Error initializing network controller: Error creating default "bridge" network: auxiliary address: (DefaultGatewayIPv4:172.17.0.9) must belong to the master pool: 10.78.0.0/24`,
		`{"mtu":-1}`: `failed to start daemon: Error initializing network controller: Error creating default "bridge" network: invalid MTU number: -1`,
		`{"default-address-pools":[{"base":"10.0.0.0/16","size":8}]}`: "failed to start daemon: Error initializing network controller: error obtaining controller instance: invalid pools size: 8",
		`{"default-address-pools":[{"base":"x","size":8}]}`:           `failed to start daemon: Error initializing network controller: error obtaining controller instance: invalid base pool "x": invalid CIDR address: x`,
		`{"hosts":["tcp://0.0.0.0:2375"]}`:                            "unable to configure the Docker daemon with file /etc/docker/daemon.json: the following directives are specified both as a flag and in the configuration file: hosts: (from flag: [fd://], from file: [tcp://0.0.0.0:2375])",
	} {
		err := restartWith(t, h, file)
		require.EqualError(t, err, want, file)
		require.ErrorIs(t, err, sim.ErrConflict)
		require.False(t, h.Daemon().Running)
		require.EqualError(t, h.Daemon().Err, want)
		_, err = h.Create("c1")
		require.ErrorIs(t, err, sim.ErrDaemon)
	}
	require.Equal(t, before, save(t, h))
	require.NoError(t, h.FS().Remove("etc/docker/daemon.json"))
	require.NoError(t, h.StartDaemon())
	require.Equal(t, before, save(t, h))
	require.Equal(t, bridge.IPAM, docker0.Inspect().IPAM)
	require.NoError(t, h.Daemon().Err)
}

// TestDaemonFileConflict: options of NewHost are dockerd's command line.
func TestDaemonFileConflict(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithICC(false), sim.WithUserlandProxy(true), sim.WithAddressPools(24, netip.MustParsePrefix("10.1.0.0/16")))
	require.ErrorContains(t, restartWith(t, h, `{"icc":true}`), "both as a flag and in the configuration file: icc: (from flag: false, from file: true)")
	require.ErrorContains(t, restartWith(t, h, `{"userland-proxy":true}`), "userland-proxy: (from flag: true, from file: true)")
	require.ErrorContains(t, restartWith(t, h, `{"default-address-pools":[]}`), "default-address-pools: (from flag: 10.1.0.0/16 24, from file: [])")
	require.NoError(t, restartWith(t, h, `{"mtu":1400}`))
	docker0, _ := h.Network("bridge")
	require.Equal(t, "false", docker0.Inspect().Options[dockerapi.OptionICC])
	require.Equal(t, "10.1.0.1", docker0.Gateway().String())
}

// TestDaemonFilePools: a short file may ask for many pools.
func TestDaemonFilePools(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	const pool = `{"base":"10.0.0.0/8","size":20}`
	require.ErrorContains(t, restartWith(t, h, `{"default-address-pools":[`+strings.Repeat(pool+",", 16)+pool+`]}`), "more than 65536 address pools")
	require.NoError(t, restartWith(t, h, `{"default-address-pools":[`+strings.Repeat(pool+",", 15)+pool+`]}`))
}

// TestDaemonFileDNS: containers have dockerd's nameservers unless they were given some; each of the
// three on its own.
func TestDaemonFileDNS(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	require.NoError(t, restartWith(t, h, `{"dns":["10.0.0.53"],"dns-search":["corp.example"],"dns-opts":["timeout:1"]}`))
	for _, tt := range []struct {
		name, want string
		opts       []sim.ContainerOption
	}{
		{"plain", "search corp.example\nnameserver 10.0.0.53\noptions timeout:1\n", nil},
		{"own", "search corp.example\nnameserver 10.0.0.54\noptions timeout:1\n", []sim.ContainerOption{sim.WithDNS(netip.MustParseAddr("10.0.0.54"))}},
	} {
		c := simtest.Run(t, h, tt.name, tt.opts...)
		text, err := fs.ReadFile(c.FS(), "etc/resolv.conf")
		require.NoError(t, err)
		require.Equal(t, tt.want, string(text))
	}
}

// TestDaemonFilePublish: a published port is served by rules alone once there is no proxy.
func TestDaemonFilePublish(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "web", sim.WithPublish("8080:80"), sim.WithRestart("always"))
	require.Len(t, c.Ports(), 2) // IPv6 is the proxy's
	require.NoError(t, restartWith(t, h, `{"userland-proxy":false,"ip":"127.0.0.1"}`))
	require.Equal(t, []string{"80/tcp -> 127.0.0.1:8080"}, []string{c.Ports()[0].String()})
	require.Contains(t, save(t, h), "-A DOCKER -d 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\n")
}

// TestDaemonReload: labels, debug and mirrors alone have effect while dockerd runs.
func TestDaemonReload(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		writeDaemonFile(t, h, `{"labels":["a=b"],"debug":true,"registry-mirrors":["https://x"],"icc":false,"exec-opts":["native.cgroupdriver=systemd"]}`)
		started := h.Daemon().Since
		time.Sleep(time.Second)
		require.NoError(t, h.ReloadDaemon())
		want := sim.Daemon{ID: h.Daemon().ID, Running: true, Since: started, Forward: true, Debug: true, Labels: []string{"a=b"}, Mirrors: []string{"https://x/"}, CgroupDriver: "cgroupfs", Firewall: "iptables", Proxy: true}
		require.Equal(t, want, h.Daemon())
		docker0, _ := h.Network("bridge")
		require.Equal(t, "true", docker0.Inspect().Options[dockerapi.OptionICC])
		writeDaemonFile(t, h, `{`)
		require.EqualError(t, h.ReloadDaemon(), "unable to configure the Docker daemon with file /etc/docker/daemon.json: unexpected EOF")
		require.Equal(t, want, h.Daemon())
		require.Error(t, h.RestartDaemon(t.Context()))
		require.ErrorIs(t, h.ReloadDaemon(), sim.ErrDaemon)
	})
}
