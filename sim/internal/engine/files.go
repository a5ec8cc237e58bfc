package engine

import (
	"net/netip"
	"slices"
	"strings"

	"drydock/sim/internal/linkenv"
)

// Files decides what a container finds: its files and its environment.
type Files interface {
	// Hosts returns the text of /etc/hosts in a container that starts. What follows edits the
	// text, which programs may have written meanwhile.
	Hosts(Hosts) string
	// JoinHosts adds the lines of a container's own name on a network that it joins.
	JoinHosts(text string, own ...Host) string
	// LeaveHosts takes away what a container with that name loses with a network, where it had
	// lines of its own. Known reports whether a name, in lower case, is one of the network's; it
	// is nil where there are no names.
	LeaveHosts(text, name string, own []Host, known func(name string) bool) string
	// MoveHosts has the lines of a link lead to another address.
	MoveHosts(text, alias string, to netip.Addr) string
	// ResolvConf returns the text of /etc/resolv.conf in a container that starts.
	ResolvConf(ResolvConf) string
	// JoinResolvConf returns what becomes of that, if nobody has changed it since it was
	// written and it was not made of nameservers and options given for the container, with a
	// network that is joined. The network has IPv6 or not.
	JoinResolvConf(text string, ipv6 bool) string
	// EmbeddedResolvConf returns what becomes of it with the embedded resolver, given what the
	// file was made of at the start, and whether somebody else has changed it since it was
	// written.
	EmbeddedResolvConf(made ResolvConf, text string, changed bool) string
	// Forwarding returns what the embedded resolver does with names that are not Docker's,
	// given what the file was made of and the text before.
	Forwarding(made ResolvConf, text string) Forwarding
	// Upstreams returns the nameservers that the embedded resolver asks, given what the file
	// was made of at the start and its text before the resolver.
	Upstreams(made ResolvConf, text string) []Upstream
	// Environment returns that of a container's main process.
	Environment(Environment) []string
	// DefaultPath is the variable of images that have none.
	DefaultPath() string
	// SandboxKey returns the path of a network namespace, given the ID of its sandbox, that
	// of the host's if the ID is empty.
	SandboxKey(id string) string
}

// Hosts is what /etc/hosts tells at first, each kind in the order of its addition.
type Hosts struct {
	Extra []Host // of --add-host
	Links []LinkedHost
	Only4 bool // IPv6 is off in the container
}

// A Host is a line of /etc/hosts. Which names there are for Name is up to the release.
type Host struct {
	Addr netip.Addr
	Name string
}

// A LinkedHost is the target of a link.
type LinkedHost struct {
	Addrs                 []netip.Addr // of which the first counts: it is that of IPv4
	Alias, Hostname, Name string       // the hostname and name of the target
}

// A ResolvConf is what a resolv.conf is made of.
type ResolvConf struct {
	Host        string // the host's; if it is empty there are no nameservers but those given here
	Nameservers []netip.Addr
	Search      []string
	Options     []string
	Systemd     string // the host's /run/systemd/resolve/resolv.conf, "" if there is none
	OnHost      bool   // the container has the network of the host
	Alone       bool   // it is on no network, not even on "none"
}

// An Upstream is a nameserver that the embedded resolver asks at port 53.
type Upstream struct {
	Addr   netip.Addr
	OnHost bool // it is asked from the host's namespace, not from the container's
}

// A Forwarding is how the embedded resolver asks its upstreams.
type Forwarding struct {
	KeepSingleLabels bool // it asks for no names without dots
	FirstReply       bool // the first reply counts; else the first success, or the last failure
	Failures         bool // the client is told of failures; else it hears nothing
	NeedsGateway     bool // it asks nobody for containers that have internal networks alone
}

// An Environment is what environment variables, "K=V", are made of.
type Environment struct {
	Hostname string
	Links    []linkenv.Link
	// KeepLinks is that dockerd was told to have variables of links, which 29 does not have otherwise.
	KeepLinks bool
	Env       []string // the container's own and those of its image; "K" alone takes K away
	TTY       bool     // the process has a terminal
	Home      string   // of the user
}

// SetEnv returns env with a variable in the place of the one with its name, or at the end; of
// "K" alone without K. It may write to env.
func SetEnv(env []string, v string) []string {
	name, _, hasValue := strings.Cut(v, "=")
	i := slices.IndexFunc(env, func(o string) bool { return envName(o) == name })
	switch {
	case i >= 0 && hasValue:
		env[i] = v
	case i >= 0:
		env = slices.Delete(env, i, i+1)
	case hasValue:
		env = append(env, v)
	}
	return env
}

// HasEnv reports whether env has a variable, or says that there is to be none of that name.
func HasEnv(env []string, name string) bool {
	return slices.ContainsFunc(env, func(v string) bool { return envName(v) == name })
}

func envName(v string) string {
	name, _, _ := strings.Cut(v, "=")
	return name
}
