package dockerd

import (
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
)

// platform is what the emulated host calls its system.
const platform = "Drydock"

func (c *call) getVersion() error {
	v := dockerapi.Version{
		Version: c.engine.Version, APIVersion: c.engine.APIVersion, MinAPIVersion: c.engine.MinAPIVersion,
		GoVersion: runtime.Version(), Os: "linux", Arch: "amd64",
	}
	v.Platform.Name = platform
	if !c.engineBefore(version{1, 36}) {
		v.Components = []dockerapi.ComponentVersion{{Name: "Engine", Version: v.Version, Details: map[string]string{
			"ApiVersion": v.APIVersion, "MinAPIVersion": v.MinAPIVersion, "GoVersion": v.GoVersion, "Os": v.Os, "Arch": v.Arch,
			"GitCommit": "", "BuildTime": "", "KernelVersion": "", "Experimental": "false",
		}}}
		v.Components = append(v.Components, c.programs()...)
	}
	c.reply(http.StatusOK, v)
	return nil
}

// programs are those that dockerd uses, as Debian has them for its release.
func (c *call) programs() []dockerapi.ComponentVersion {
	program := func(name, version, commit string) dockerapi.ComponentVersion {
		return dockerapi.ComponentVersion{Name: name, Version: version, Details: map[string]string{"GitCommit": commit}}
	}
	if c.engineBefore(since28) {
		return []dockerapi.ComponentVersion{
			program("containerd", "1.6.20~ds1", containerd20), program("runc", "1.1.5+ds1", runc20), program("docker-init", "0.19.0", ""),
		}
	}
	return []dockerapi.ComponentVersion{program("containerd", "2.1.9+unknown", ""), program("runc", "1.3.6+ds1", runc28)}
}

// Commits of programs: those that Debian had with 20.10, and with 28 and 29.
const containerd20, runc20, runc28 = "1.6.20~ds1-1+b1", "1.1.5+ds1-1+b1", "1.3.6+ds1-1"

// engineBefore reports whether the host's release of Docker is older than an API.
func (c *call) engineBefore(v version) bool { return parseVersion(c.engine.APIVersion).less(v) }

func (c *call) getInfo() error {
	d := c.host.Daemon()
	info := c.standardInfo(d)
	info.Debug, info.CgroupDriver, info.DefaultAddressPools = d.Debug, d.CgroupDriver, d.AddressPools
	info.Labels = append(info.Labels, d.Labels...)
	info.RegistryConfig.Mirrors = append([]string{}, d.Mirrors...)
	info.RegistryConfig.IndexConfigs[hub] = dockerapi.RegistryIndex{Name: hub, Mirrors: info.RegistryConfig.Mirrors, Secure: true, Official: true}
	info.ID, info.Name, info.Images = d.ID, c.host.Hostname(), len(c.host.Images())
	if info.IPv4Forwarding = c.forwards(); !info.IPv4Forwarding && len(info.Warnings) > 0 {
		// Clients make up their own warnings as long as the daemon has none.
		info.Warnings = slices.Insert(info.Warnings, 0, "WARNING: IPv4 forwarding is disabled")
	}
	old := c.engineBefore(since28) // later ones do not tell
	info.BridgeNfIptables = !old || c.isSet("net.bridge.bridge-nf-call-iptables")
	info.BridgeNfIP6tables = !old || c.isSet("net.bridge.bridge-nf-call-ip6tables")
	for found := range c.host.Containers() {
		info.Containers++
		switch s := found.State(); {
		case s.Paused:
			info.ContainersPaused++
		case s.Running:
			info.ContainersRunning++
		default:
			info.ContainersStopped++
		}
	}
	c.reply(http.StatusOK, info)
	return nil
}

// standardInfo is what all hosts tell: it is that of Docker 20.10.24 on a Debian 12 with cgroups of
// version 1, with two processors, as nproc has them, and 4 GiB.
func (c *call) standardInfo(d sim.Daemon) dockerapi.Info {
	const kernel = "6.1.0-13-amd64" // uname's
	info := dockerapi.Info{
		Driver: "overlay2", DriverStatus: [][2]string{
			{"Backing Filesystem", "extfs"}, {"Supports d_type", "true"}, {"Native Overlay Diff", "true"}, {"userxattr", "false"},
		},
		Plugins: dockerapi.Plugins{
			Volume: []string{"local"}, Network: []string{"bridge", "host", "ipvlan", "macvlan", "null", "overlay"},
			Log: strings.Fields("awslogs fluentd gcplogs gelf journald json-file local logentries splunk syslog"),
		},
		MemoryLimit: true, SwapLimit: true, KernelMemory: true, KernelMemoryTCP: true, CPUCfsPeriod: true, CPUCfsQuota: true,
		CPUShares: true, CPUSet: true, PidsLimit: true, OomKillDisable: true, NFd: 24, NGoroutines: 36,
		SystemTime: time.Now().Format(time.RFC3339Nano), LoggingDriver: "json-file", CgroupVersion: "1",
		KernelVersion: kernel, OperatingSystem: "Debian GNU/Linux 12 (bookworm)", OSVersion: "12", OSType: "linux", Architecture: "x86_64", NCPU: 2, MemTotal: 4 << 30,
		IndexServerAddress: "https://index.docker.io/v1/", RegistryConfig: registries(), DockerRootDir: "/var/lib/docker", Labels: []string{},
		ServerVersion: c.engine.Version, DefaultRuntime: "runc", Runtimes: map[string]dockerapi.Runtime{
			"io.containerd.runc.v2": {Path: "runc"}, "io.containerd.runtime.v1.linux": {Path: "runc"}, "runc": {Path: "runc"},
		},
		Swarm: dockerapi.Swarm{LocalNodeState: "inactive"}, InitBinary: "docker-init",
		ContainerdCommit: commit(containerd20), RuncCommit: commit(runc20),
		SecurityOptions: []string{"name=apparmor", "name=seccomp,profile=default"},
	}
	if !c.engineBefore(since28) {
		c.newerInfo(&info)
	}
	if !c.engineBefore(since29) {
		c.info29(&info, d)
	}
	return info
}

// newerInfo is what has become another thing until release 28.
func (c *call) newerInfo(i *dockerapi.Info) {
	i.DriverStatus = slices.Insert(i.DriverStatus, 2, [2]string{"Using metacopy", "false"})
	i.Plugins.Log = strings.Fields("awslogs fluentd gelf journald json-file local splunk syslog")
	i.CDISpecDirs = []string{"/etc/cdi", "/var/run/cdi"}
	delete(i.Runtimes, "io.containerd.runtime.v1.linux")
	i.ContainerdCommit, i.RuncCommit, i.InitCommit = dockerapi.Commit{}, commit(runc28), commit("N/A")
	i.SecurityOptions = []string{"name=seccomp,profile=builtin"}
	i.RegistryConfig.InsecureRegistryCIDRs = []string{"::1/128", "127.0.0.0/8"}
}

// info29 is that of release 29, which has containerd keep the images and can filter with nftables.
func (c *call) info29(i *dockerapi.Info, d sim.Daemon) {
	i.Driver, i.DriverStatus = "overlayfs", [][2]string{{"driver-type", "io.containerd.snapshotter.v1"}}
	i.Plugins.Log = strings.Fields("awslogs fluentd gcplogs gelf journald json-file local splunk syslog")
	i.RegistryConfig.InsecureRegistryCIDRs = []string{"127.0.0.0/8", "::1/128"}
	i.FirewallBackend = &dockerapi.FirewallInfo{Driver: d.Firewall, Info: [][2]string{{"EnableUserlandProxy", strconv.FormatBool(d.Proxy)}}}
	if d.Proxy {
		i.FirewallBackend.Info = append(i.FirewallBackend.Info, [2]string{"UserlandProxyPath", "/usr/sbin/docker-proxy"})
	}
	i.Warnings = []string{"WARNING: Support for cgroup v1 is deprecated and planned to be removed by no later than May 2029 (https://github.com/moby/moby/issues/51111)"}
}

// commit is a program of the version that dockerd wants.
func commit(id string) dockerapi.Commit { return dockerapi.Commit{ID: id, Expected: id} }

// registries is Docker Hub, and what nobody but the host itself reaches.
func registries() dockerapi.RegistryConfig {
	return dockerapi.RegistryConfig{
		AllowNondistributableArtifactsCIDRs: []string{}, AllowNondistributableArtifactsHostnames: []string{},
		InsecureRegistryCIDRs: []string{"127.0.0.0/8"}, IndexConfigs: make(map[string]dockerapi.RegistryIndex),
	}
}

// since28 and since29 are the APIs of the releases.
var (
	since28 = version{1, 51}
	since29 = version{1, 55}
)

// forwards reports whether dockerd takes the host for one that forwards. Since release 28 it looks
// when it starts.
func (c *call) forwards() bool {
	if c.engineBefore(since28) {
		return c.isSet("net.ipv4.ip_forward")
	}
	return c.host.Daemon().Forward
}

// isSet reports whether a sysctl of the host is on. One that it has not is: the host does
// what it is about.
func (c *call) isSet(key string) bool {
	value, err := c.host.Sysctl(key)
	return err != nil || value != "0"
}
