package engine

import (
	"net/netip"
	"strings"

	"drydock/sim/internal/ports"
)

// A Firewall decides the rules. They are the commands that add them, without the word
// iptables: "-t nat -A DOCKER -i docker0 -j RETURN". Deletion makes of each the command that
// deletes the rule.
type Firewall interface {
	// HostRules are what the daemon starts with.
	HostRules(Daemon) []string
	// ProxyRules are those of HostRules that depend on the userland proxy.
	ProxyRules(Daemon) []string
	// NetworkRules are added with a network and deleted with it. The others are the
	// networks with a bridge that are there at that time.
	NetworkRules(n Network, others []Network) []string
	// TopRules are moved, one after the other, to where their commands put them whenever
	// the rules of a network have been added.
	TopRules() []string
	// PortRules are added with a published port unless they are there already.
	PortRules(n Network, container netip.Addr, b ports.Binding) []string
	// LinkRules are added with a link on the default bridge unless they are there already.
	// Exposed are the ports of the target, in the order of Publisher.Plan.
	LinkRules(n Network, client, target netip.Addr, exposed []ports.Port) []string
}

var (
	deletion = strings.NewReplacer("-I ", "-D ", "-A ", "-D ")
	check    = strings.NewReplacer("-I ", "-C ", "-A ", "-C ")
)

// Deletion returns the command that deletes the rule that another one added.
func Deletion(command string) string { return deletion.Replace(command) }

// Check returns the command that fails unless the rule is there that another one adds.
func Check(command string) string { return check.Replace(command) }
