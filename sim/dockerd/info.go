package dockerd

import (
	"crypto/sha256"
	"encoding/base32"
	"net/http"
	"runtime"
	"strings"
	"time"

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
	}
	c.reply(http.StatusOK, v)
	return nil
}

// engineBefore reports whether the host's release of Docker is older than an API.
func (c *call) engineBefore(v version) bool { return parseVersion(c.engine.APIVersion).less(v) }

func (c *call) getInfo() error {
	info := dockerapi.Info{
		ID: c.hostID(), Name: c.host.Hostname(), Images: len(c.host.Images()), ServerVersion: c.engine.Version, OperatingSystem: platform,
		Driver: "overlay2", DockerRootDir: "/var/lib/docker", LoggingDriver: "json-file", DefaultRuntime: "runc",
		CgroupDriver: "cgroupfs", CgroupVersion: "1", OSType: "linux", Architecture: "x86_64", NCPU: runtime.NumCPU(),
		Plugins:            dockerapi.Plugins{Volume: []string{"local"}, Network: []string{"bridge", "host", "null"}, Log: []string{"json-file"}},
		IPv4Forwarding:     c.isSet("net.ipv4.ip_forward"),
		BridgeNfIptables:   c.isSet("net.bridge.bridge-nf-call-iptables"),
		BridgeNfIP6tables:  c.isSet("net.bridge.bridge-nf-call-ip6tables"),
		SystemTime:         time.Now().Format(time.RFC3339Nano),
		IndexServerAddress: "https://index.docker.io/v1/",
		Labels:             []string{}, DriverStatus: [][2]string{}, SecurityOptions: []string{}, Warnings: []string{},
		Swarm: dockerapi.Swarm{LocalNodeState: "inactive"},
	}
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

// isSet reports whether a sysctl of the host is on. One that it has not is: the host does
// what it is about.
func (c *call) isSet(key string) bool {
	value, err := c.host.Sysctl(key)
	return err != nil || value != "0"
}

// hostID has the form of dockerd's, which is of a key. It is made from an ID that stays.
func (c *call) hostID() string {
	n, ok := c.host.Network("none")
	if !ok {
		return ""
	}
	sum := sha256.Sum256([]byte(n.ID()))
	text := base32.StdEncoding.EncodeToString(sum[:30])
	var groups []string
	for ; text != ""; text = text[4:] {
		groups = append(groups, text[:4])
	}
	return strings.Join(groups, ":")
}
