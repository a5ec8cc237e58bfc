package dockercli

import (
	"slices"
	"strconv"

	"drydock/sim"
	"drydock/sim/dockerapi"

	"github.com/spf13/pflag"
)

// A networkRow is what formats of docker network ls have, in the order of psRow.
type networkRow struct {
	CreatedAt, Driver, ID, IPv6, Internal, Name, Scope string
}

// networkTable and networkHeaders are docker network ls without --format.
const networkTable = `table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}`

var networkHeaders = networkRow{
	ID: "NETWORK ID", Name: "NAME", Driver: "DRIVER", Scope: "SCOPE", IPv6: "IPV6", Internal: "INTERNAL", CreatedAt: "CREATED AT",
}

var networkFilters = map[string]filter[dockerapi.Network]{
	"driver": byText(func(n dockerapi.Network) string { return n.Driver }),
	"id":     byPattern(func(n dockerapi.Network) string { return n.ID }),
	"name":   byPattern(func(n dockerapi.Network) string { return n.Name }),
	"scope":  byText(func(n dockerapi.Network) string { return n.Scope }),
	"type":   byNetworkType,
}

// byNetworkType tells the networks that every daemon has from the others. They are
// known by their names, which nobody else can give.
func byNetworkType(value string) (func(dockerapi.Network) bool, error) {
	if value != "builtin" && value != "custom" {
		return nil, dockerError("invalid filter: 'type'='" + value + "'")
	}
	return func(n dockerapi.Network) bool {
		return slices.Contains([]string{"bridge", "host", "none"}, n.Name) == (value == "builtin")
	}, nil
}

// networks is docker network ls. Networks come in the order of their names, as sim has
// them and Docker sorts them.
func (d *docker) networks(f *pflag.FlagSet) action {
	var list listFlags
	list.add(f, "network")
	return func([]string) int {
		match, err := newMatcher(list.filters, networkFilters)
		if err != nil {
			return d.fail(1, "Error response from daemon: %v", err)
		}
		var rows []networkRow
		for n := range d.host.Networks() {
			info := networkInfo(n)
			if !match(info) {
				continue
			}
			rows = append(rows, networkRow{
				ID: list.id(info.ID), Name: info.Name, Driver: info.Driver, Scope: info.Scope, CreatedAt: info.Created.String(),
				IPv6: strconv.FormatBool(info.EnableIPv6), Internal: strconv.FormatBool(info.Internal),
			})
		}
		return printRows(d, &list, networkTable, networkHeaders, rows)
	}
}

// networkInfo returns what docker network inspect tells, with the time as a daemon in
// UTC has it.
func networkInfo(n *sim.Network) dockerapi.Network {
	info := n.Inspect()
	info.Created = info.Created.Round(0).UTC()
	return info
}
