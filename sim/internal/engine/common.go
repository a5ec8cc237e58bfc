package engine

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/linkenv"
	"drydock/sim/internal/ports"
)

// common is what all releases here decide alike. A release embeds it and has methods of its
// own for the rest, or for what it changed.
type common struct{}

// Plan has an order that is dockerd's where that is not random: see ports.Plan.
func (common) Plan(published []ports.Publication, exposed []ports.Port, all bool) ([]ports.Publication, []ports.Port) {
	return ports.Plan(published, exposed, all)
}

// defaultPools are 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 to 192.168.240.0/20.
var defaultPools = append(Subnets(netip.MustParsePrefix("172.16.0.0/12"), 16)[1:],
	Subnets(netip.MustParsePrefix("192.168.0.0/16"), 20)...)

func (common) DefaultPools() []netip.Prefix { return defaultPools }

func (common) LinkLocalGateway() bool { return true }

// ByMAC is where the 48 bits of a MAC fit.
func (common) ByMAC(subnet netip.Prefix) bool { return subnet.Bits() <= 128-48 }

func (common) AnyPort() bool { return true }

// BridgeMAC is 02:42 and four random bytes.
func (common) BridgeMAC(random io.Reader) net.HardwareAddr {
	mac := net.HardwareAddr{0x02, 0x42, 0, 0, 0, 0}
	io.ReadFull(random, mac[2:])
	return mac
}

// ContainerMAC is 02:42 and the address.
func (common) ContainerMAC(ip netip.Addr, _ io.Reader) net.HardwareAddr {
	return append(net.HardwareAddr{0x02, 0x42}, ip.AsSlice()...)
}

// VethName is veth and 7 hex digits.
func (common) VethName(random io.Reader) string {
	var b [4]byte
	io.ReadFull(random, b[:])
	return fmt.Sprintf("veth%07x", binary.BigEndian.Uint32(b[:])>>4)
}

func (common) IPv6Loopback() bool { return false }

func (common) OwnIndexes() bool { return false }

func (common) FreeEth() bool { return false }

func (common) SeveralNetworks() bool { return false }

func (common) ConfigNetworks() bool { return true }

func (common) SetsBridgeMTU() bool { return false }

func (common) SharedRules(Network) []string { return nil }

// Gateways are the first network, also if it is internal.
func (common) Gateways(list []Network) (v4, v6 int) {
	if len(list) == 0 {
		return -1, -1
	}
	return 0, 0
}

func (common) DNSNames(string, []string, string, string) []string { return nil }

func (common) TellsGateways() bool { return false }

func (common) AsksOfPools() bool { return false }

func (common) KeepsSandbox() bool { return true }

func (common) Pool6(netip.Prefix, []netip.Prefix) (netip.Prefix, bool) { return netip.Prefix{}, false }

func (common) SizedPool(netip.Prefix, []netip.Prefix, []netip.Prefix) (netip.Prefix, bool) {
	return netip.Prefix{}, false
}

func (common) NewPool(subnet, ipRange netip.Prefix) *Pool { return NewPool(subnet, ipRange) }

func (common) FixedCIDRIsSubnet() bool { return false }

func (common) CheckIPAM([]dockerapi.IPAMConfig, bool) error { return nil }

// Faults is the first.
func (common) Faults(list []string) string { return list[0] }

func (common) StartOrder(int, func(int) int) []int { return nil }

func (common) Announcements() int { return 0 }

func (common) MaskedPaths() []string {
	return strings.Fields("/proc/asound /proc/acpi /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list " +
		"/proc/timer_stats /proc/sched_debug /proc/scsi /sys/firmware")
}

// DaemonID has the form of the fingerprint of a key.
func (common) DaemonID(key [32]byte) string {
	text := base32.StdEncoding.EncodeToString(key[:30])
	var groups []string
	for ; text != ""; text = text[4:] {
		groups = append(groups, text[:4])
	}
	return strings.Join(groups, ":")
}

func (common) KillsPaused() bool { return true }

func (common) TellsExitLast() bool { return false }

func (common) DisconnectsTwice() bool { return true }

func (common) ExposesInside() bool { return false }

// ExecNotFound is that of all that could not be started.
func (common) ExecNotFound() int { return 126 }

// DefaultPath is what docker build and docker import give an image.
func (common) DefaultPath() string {
	return "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

// Environment has what the container was given after the variables of links, which it
// overrides in their places. HOME is runc's: it comes last, and also fills one that is empty.
func (common) Environment(v Environment) []string { return v.list(linkenv.Link.Vars) }

// list returns the variables, with those that links have.
func (v Environment) list(ofLink func(linkenv.Link) []string) []string {
	env := []string{common{}.DefaultPath(), "HOSTNAME=" + v.Hostname}
	if v.TTY {
		env = append(env, "TERM=xterm")
	}
	for _, l := range v.Links {
		env = append(env, ofLink(l)...)
	}
	for _, o := range v.Env {
		env = SetEnv(env, o)
	}
	if i := slices.Index(env, "HOME="); i >= 0 {
		env[i] += v.Home
	} else if !HasEnv(env, "HOME") {
		env = append(env, "HOME="+v.Home)
	}
	return env
}

// SandboxKey is where dockerd mounts the namespace.
func (common) SandboxKey(id string) string {
	if id == "" {
		return "/var/run/docker/netns/default"
	}
	return "/var/run/docker/netns/" + id[:12]
}

// Drain is 100 ms: from the exit to the removal of the interface 87 ms were measured.
func (common) Drain() time.Duration { return 100 * time.Millisecond }
