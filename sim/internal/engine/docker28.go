package engine

import (
	"iter"
	"strings"
)

// Docker28 is Docker Engine 28.5.2. Of 29 it is told apart by its two stages of isolation, which
// 20.10 had, and by the RETURN that keeps what comes from bridges from being translated.
var Docker28 Engine = docker28{}

type docker28 struct{ since28 }

func (docker28) Release() Release {
	return Release{
		Name: "28", Version: "28.5.2", APIVersion: "1.51", MinAPIVersion: "1.24", Listens: "[fd://]",
		Flags: flagsSince28, NetworkOptions: optionsSince28,
	}
}

func (docker28) HostRules(d Daemon) []string {
	return hostRules(d, "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2")
}

// NetworkRules let others into a network that is routed; what they may reach there is up to the
// rules of its ports.
func (docker28) NetworkRules(n Network, _ iter.Seq[Network]) []string {
	if n.Internal {
		return n.internalRules("DOCKER-ISOLATION-STAGE-1")
	}
	return append(n.externalRules(), n.forFamilies(func(f Family) (list []string) {
		if f.Mode == Routed || n.Masquerade && n.Daemon.UserlandProxy {
			list = append(list, "-t nat -I DOCKER -i DEVICE -j RETURN")
		}
		if f.Mode == Routed {
			list = append(list,
				"-I DOCKER-ISOLATION-STAGE-1 -o DEVICE -j RETURN",
				"-I DOCKER-ISOLATION-STAGE-1 -i DEVICE -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT")
		}
		return append(list,
			"-A DOCKER-ISOLATION-STAGE-1 -i DEVICE ! -o DEVICE -j DOCKER-ISOLATION-STAGE-2",
			"-I DOCKER-ISOLATION-STAGE-2 -o DEVICE -j DROP")
	})...)
}

func (docker28) MaskedPaths() []string {
	return strings.Fields("/proc/asound /proc/acpi /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list " +
		"/proc/timer_stats /proc/sched_debug /proc/scsi /sys/firmware /sys/devices/virtual/powercap")
}

func (docker28) Messages() *Messages { return messages28 }

var messages28 = messages20.with(func(m *Messages) {
	m.SetUp = "failed to set up container networking: %v"
	m.NotRunning = "container %s is not running"
	m.Kill = "cannot kill container: %s: %v"
	m.StartFailed = "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: %s"
	m.JoinSelf = "cannot join own network namespace"
	m.JoinFormat = "invalid network mode: invalid container format container:<name|id>"
	m.InitFailed = m.StartFailed
	m.ExecFailed = "OCI runtime exec failed: exec failed: unable to start container process: %s"
	m.ExecDown = "container %s is not running: %s"
	m.RemoveRestarting = "cannot remove container %[2]q: container is restarting: stop the container before removing or force remove"
	m.RemoveRunning = "cannot remove container %[2]q: container is running: stop the container before removing or force remove"
	m.RemovePaused = "cannot remove container %[2]q: container is paused and must be unpaused first"
	m.JoinNotRunning = "cannot join network namespace of a non running container: container %[2]s is %[3]s"
	m.JoinNotFound = "joining network namespace of container: No such container: %s"
	m.LinkNetwork = "container %[2]s not attached to default bridge network"
	m.LinkMode = m.LinkHost
	m.LinkShared = "conflicting options: container type network can't be used with links. This would result in undefined behavior"
	m.Listen = "failed to bind host port for %[1]v:%[3]v/%[2]v: %[5]v"
	m.BridgeName = "%s"
	m.NoSCTP = "error starting userland proxy: failed to listen on %[1]v: %[5]v"
	m.NoNetwork = m.NetworkNotFound
	m.NetworkEmpty = "invalid name: name is empty"
	m.NetworkName = m.NetworkEmpty + "%.0s" // of blanks alone
	m.HasEndpoints = "error while removing network: network %[1]s has active endpoints (%[3]s)"
	m.SubnetFormat = "invalid network config:\ninvalid subnet %v: invalid CIDR block notation"
	m.SubnetOverlaps = "invalid pool request: Pool overlaps with other one on this address space"
	m.NoPool = "all predefined address pools have been fully subnetted"
	m.NoPool6 = m.NoPool
	m.EndpointSettings = "invalid endpoint settings:\n%v"
	m.EndpointOfNetwork = "invalid config for network %s: %v"
	m.AliasPredefined = "network-scoped aliases are only supported for user-defined networks"
	m.AddrOutside = "no configured subnet or ip-range contain the IP address %v"
	m.AddrFormat = "invalid %s address: %s"
	m.AddrFormatConnect = m.AddrFormat
})
