package engine

import (
	"net/netip"
	"slices"
	"strings"

	"drydock/sim/internal/linkenv"
)

// Files decides what a container finds: its files and its environment.
type Files interface {
	// Hosts returns the text of /etc/hosts.
	Hosts(Hosts) string
	// OwnHosts returns which lines of its own a container keeps that leaves a network.
	OwnHosts(own []Host, network string) []Host
	// ResolvConf returns the text of /etc/resolv.conf in a container that has been on no
	// network with the embedded resolver since its start.
	ResolvConf(ResolvConf) string
	// EmbeddedResolvConf returns that in another one.
	EmbeddedResolvConf(ResolvConf) string
	// Forwarding returns what the embedded resolver there does with names that are not
	// Docker's.
	Forwarding(ResolvConf) Forwarding
	// Environment returns that of a container's main process.
	Environment(Environment) []string
	// DefaultPath is the variable of images that have none.
	DefaultPath() string
	// SandboxKey returns the path of a network namespace, given the ID of its sandbox, that
	// of the host's if the ID is empty.
	SandboxKey(id string) string
}

// Hosts is what /etc/hosts tells, each kind in the order of its addition.
type Hosts struct {
	Extra []Host // of --add-host
	Links []LinkedHost
	Own   []Host // the container itself, on each network
}

// A Host is a line of /etc/hosts. Which names there are for Name is up to the release.
type Host struct {
	Addr netip.Addr
	Name string
}

// A LinkedHost is the target of a link.
type LinkedHost struct {
	Addr            netip.Addr
	Alias, ID, Name string // the ID and name of the target
}

// A ResolvConf is what a resolv.conf is made of.
type ResolvConf struct {
	Host        string // the host's; if it is empty there are no nameservers but those given here
	IPv6        bool   // whether the container has it
	Nameservers []netip.Addr
	Search      []string
	Options     []string
}

// A Forwarding is how the embedded resolver asks its upstreams.
type Forwarding struct {
	KeepSingleLabels bool // it asks for no names without dots
	FirstReply       bool // the first reply counts; else the first success, or the last failure
}

// An Environment is what environment variables, "K=V", are made of.
type Environment struct {
	Hostname string
	Links    []linkenv.Link
	Env      []string // the container's own and those of its image
	TTY      bool     // the process has a terminal
}

// SetEnv returns env with a variable in the place of the one with its name, or at the end.
// It may write to env.
func SetEnv(env []string, v string) []string {
	name, _, _ := strings.Cut(v, "=")
	name += "="
	if i := slices.IndexFunc(env, func(o string) bool { return strings.HasPrefix(o, name) }); i >= 0 {
		env[i] = v
		return env
	}
	return append(env, v)
}

// HasEnv reports whether env has a variable.
func HasEnv(env []string, name string) bool {
	name += "="
	return slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, name) })
}
