package engine

import (
	"iter"
	"net/netip"
	"regexp"

	"drydock/sim/internal/ports"
)

// A Firewall decides the rules, those of nft (see Nft) for a Daemon with Nftables. They are the commands that add them, without the word
// iptables: "-t nat -A DOCKER -i docker0 -j RETURN". Those of ip6tables have that word. Deletion
// makes of each the command that deletes the rule.
type Firewall interface {
	// HostRules are what the daemon starts with. Those that are inserted move to where their
	// commands put them whenever it starts again.
	HostRules(Daemon) []string
	// ForwardRules are run when the daemon turns on the forwarding of a family.
	ForwardRules(d Daemon, ipv6 bool) []string
	// ForwardsAgain reports whether it does that for IPv4 with each network, and not only at
	// its start.
	ForwardsAgain() bool
	// ProxyRules are those of HostRules that depend on the userland proxy.
	ProxyRules(Daemon) []string
	// NetworkRules are added with a network and deleted with it. The others are the
	// networks with a bridge that are there at that time.
	NetworkRules(n Network, others iter.Seq[Network]) []string
	// SharedRules are added before those of a network, unless another one has added them, and stay.
	SharedRules(n Network) []string
	// TopRules are moved, one after the other, to where their commands put them whenever
	// the rules of a network have been added.
	TopRules() []string
	// EndpointRules are added with an endpoint that has an address, and deleted with it.
	EndpointRules(n Network, addr netip.Addr) []string
	// PortRules are added with a published port unless they are there already. The container
	// is reached at an address, of IPv4 if it has none of the binding's family.
	PortRules(n Network, container netip.Addr, b ports.Binding) []string
	// LinkRules are added with a link on the default bridge unless they are there already.
	// Exposed are the ports of the target, in the order of Publisher.Plan.
	LinkRules(n Network, client, target netip.Addr, exposed []ports.Port) []string
	// FiltersBridged reports whether what passes the bridge of a network is to pass the
	// firewall.
	FiltersBridged(Network) bool
	// RestoresInOrder reports whether networks get their rules in the order of their IDs when
	// the daemon starts, and not in one that is random.
	RestoresInOrder() bool
}

// IP6Tables is what commands of ip6tables begin with.
const IP6Tables = "ip6tables "

// adds is what there is of a command up to the chain. Behind it may be anything: a bridge may be
// called "-A".
var adds = regexp.MustCompile(`^(ip6tables )?(-t \w+ )?-[AI] `)

// Deletion returns the command that deletes the rule that another one added.
func Deletion(command string) string { return adds.ReplaceAllString(command, "$1$2-D ") }

// Check returns the command that fails unless the rule is there that another one adds.
func Check(command string) string { return adds.ReplaceAllString(command, "$1$2-C ") }
