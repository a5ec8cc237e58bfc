package dockercli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"drydock/sim/dockerapi"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"
)

// A dockerInfo is what formats of docker info have.
type dockerInfo struct {
	*dockerapi.Info `json:",omitempty"`
	ServerErrors    []string `json:",omitempty"`
	ClientInfo      infoClient
	ClientErrors    []string `json:",omitempty"`
}

// An infoClient is what docker tells of itself. It has no plugins.
type infoClient struct {
	Debug    bool
	Context  string
	Plugins  []string
	Warnings []string
}

// info is docker info. It tells of docker itself without a daemon, too.
func (d *docker) info(f *pflag.FlagSet) action {
	format := addFormat(f)
	return func([]string) error {
		info := dockerInfo{Info: new(dockerapi.Info), ClientInfo: infoClient{Context: "default", Plugins: []string{}}}
		_, err := d.api.get(d.ctx, "/info", nil, info.Info)
		if err != nil {
			info.Info, info.ServerErrors = nil, []string{err.Error()}
		}
		if *format == "" {
			return d.showInfo(info)
		}
		tmpl, err := d.release.template(*format)
		if err != nil {
			return statusError{64, "template parsing error: " + err.Error()}
		}
		err = renameType(tmpl.Execute(d.Stdout, info), "dockercli.dockerInfo", "system.info")
		d.Printf("\n")
		return err
	}
}

// showInfo shows what there is, and warns of what is not there.
func (d *docker) showInfo(info dockerInfo) error {
	version := ""
	if d.release.since28 {
		version = fmt.Sprintf(" Version:    %s\n", d.release.version)
	}
	d.Printf("Client:\n"+version+" Context:    %s\n Debug Mode: %v\n\nServer:\n", info.ClientInfo.Context, info.ClientInfo.Debug)
	if info.Info != nil {
		d.release.writeServer(d.Stdout, info.Info)
		for _, w := range warnings(info.Info) {
			d.Errorf("%s\n", w)
		}
	}
	for _, e := range info.ServerErrors {
		d.Printf("ERROR: %s\n", e)
	}
	if len(info.ServerErrors) > 0 {
		return errors.New("errors pretty printing info")
	}
	return nil
}

// warnings returns those of the daemon. If it has none docker makes up its own, of what the
// daemon does not say that there is.
func warnings(i *dockerapi.Info) []string {
	if len(i.Warnings) > 0 || i.OSType == "windows" {
		return i.Warnings
	}
	var list []string
	for _, has := range []struct {
		is      bool
		warning string
	}{
		{i.MemoryLimit, "No memory limit support"},
		{i.SwapLimit, "No swap limit support"},
		{i.OomKillDisable || i.CgroupVersion == "2", "No oom kill disable support"},
		{i.CPUCfsQuota, "No cpu cfs quota support"},
		{i.CPUCfsPeriod, "No cpu cfs period support"},
		{i.CPUShares, "No cpu shares support"},
		{i.CPUSet, "No cpuset support"},
		{i.IPv4Forwarding, "IPv4 forwarding is disabled"},
		{i.BridgeNfIptables, "bridge-nf-call-iptables is disabled"},
		{i.BridgeNfIP6tables, "bridge-nf-call-ip6tables is disabled"},
	} {
		if !has.is {
			list = append(list, "WARNING: "+has.warning)
		}
	}
	return list
}

// writeServer writes what a daemon tells. What is marked with a ? is left out if there is
// nothing to tell.
func (r *release) writeServer(w io.Writer, i *dockerapi.Info) {
	lines := []string{
		fmt.Sprint("Containers: ", i.Containers), fmt.Sprint(" Running: ", i.ContainersRunning), fmt.Sprint(" Paused: ", i.ContainersPaused),
		fmt.Sprint(" Stopped: ", i.ContainersStopped), fmt.Sprint("Images: ", i.Images),
		"?Server Version: " + i.ServerVersion, "?Storage Driver: " + i.Driver,
	}
	for _, pair := range i.DriverStatus {
		lines = append(lines, " "+pair[0]+": "+pair[1])
	}
	lines = append(lines,
		"?Logging Driver: "+i.LoggingDriver, "?Cgroup Driver: "+i.CgroupDriver, "?Cgroup Version: "+i.CgroupVersion,
		"Plugins:", " Volume: "+strings.Join(i.Plugins.Volume, " "), " Network: "+strings.Join(i.Plugins.Network, " "),
		" Log: "+strings.Join(i.Plugins.Log, " "),
	)
	if len(i.CDISpecDirs) > 0 {
		lines = append(lines, "CDI spec directories:", " "+strings.Join(i.CDISpecDirs, "\n  "))
	}
	lines = append(lines, "Swarm: "+i.Swarm.LocalNodeState)
	if len(i.Runtimes) > 0 {
		lines = append(lines, "Runtimes: "+strings.Join(slices.Sorted(maps.Keys(i.Runtimes)), " "), "Default Runtime: "+i.DefaultRuntime)
	}
	lines = append(lines, "Init Binary: "+i.InitBinary, "containerd version: "+version(i.ContainerdCommit),
		"runc version: "+version(i.RuncCommit), "init version: "+version(i.InitCommit))
	if len(i.SecurityOptions) > 0 {
		lines = append(lines, "Security Options:")
	}
	for _, o := range i.SecurityOptions {
		name, profile, hasProfile := strings.Cut(strings.TrimPrefix(o, "name="), ",profile=")
		lines = append(lines, " "+name)
		if hasProfile {
			lines = append(lines, "  Profile: "+profile)
		}
	}
	for _, line := range append(lines, r.machineLines(i)...) {
		text, optional := strings.CutPrefix(line, "?")
		if !optional || !strings.HasSuffix(text, ": ") {
			fmt.Fprintf(w, " %s\n", text)
		}
	}
	fmt.Fprintln(w)
}

// version is that of a program, and which one the daemon expects if that is another one.
func version(c dockerapi.Commit) string {
	if c.ID != c.Expected {
		return c.ID + " (expected: " + c.Expected + ")"
	}
	return c.ID
}

// machineLines returns what a daemon tells of its machine and of its own settings.
func (r *release) machineLines(i *dockerapi.Info) []string {
	lines := []string{
		"?Kernel Version: " + i.KernelVersion, "?Operating System: " + i.OperatingSystem, "?OSType: " + i.OSType, "?Architecture: " + i.Architecture,
		fmt.Sprint("CPUs: ", i.NCPU), "Total Memory: " + units.BytesSize(float64(i.MemTotal)), "?Name: " + i.Name, "?ID: " + i.ID,
		"Docker Root Dir: " + i.DockerRootDir, fmt.Sprint("Debug Mode: ", i.Debug),
	}
	if i.Debug {
		lines = append(lines, fmt.Sprint(" File Descriptors: ", i.NFd), fmt.Sprint(" Goroutines: ", i.NGoroutines), " System Time: "+i.SystemTime,
			fmt.Sprint(" EventsListeners: ", i.NEventsListener))
	}
	lines = append(lines, "?HTTP Proxy: "+i.HTTPProxy, "?HTTPS Proxy: "+i.HTTPSProxy, "?No Proxy: "+i.NoProxy)
	if !r.since28 {
		lines = append(lines, "?Registry: "+i.IndexServerAddress)
	}
	if len(i.Labels) > 0 || !r.since28 && i.Labels != nil {
		lines = append(lines, "Labels:")
	}
	for _, l := range i.Labels {
		lines = append(lines, " "+l)
	}
	lines = append(lines, fmt.Sprint("Experimental: ", i.ExperimentalBuild))
	if r := i.RegistryConfig; len(r.InsecureRegistryCIDRs) > 0 {
		lines = append(lines, "Insecure Registries:")
		for _, cidr := range r.InsecureRegistryCIDRs {
			lines = append(lines, " "+cidr)
		}
	}
	if len(i.RegistryConfig.Mirrors) > 0 {
		lines = append(lines, "Registry Mirrors:")
	}
	for _, mirror := range i.RegistryConfig.Mirrors {
		lines = append(lines, " "+mirror)
	}
	lines = append(lines, fmt.Sprint("Live Restore Enabled: ", i.LiveRestoreEnabled))
	if len(i.DefaultAddressPools) > 0 {
		lines = append(lines, "Default Address Pools:")
	}
	for _, p := range i.DefaultAddressPools {
		lines = append(lines, fmt.Sprintf("  Base: %s, Size: %d", p.Base, p.Size))
	}
	if b := i.FirewallBackend; b != nil {
		lines = append(lines, "Firewall Backend: "+b.Driver)
		for _, pair := range b.Info {
			lines = append(lines, " "+pair[0]+": "+pair[1])
		}
	}
	return lines
}
