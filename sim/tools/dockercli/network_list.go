package dockercli

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"

	"drydock/sim/dockerapi"

	"github.com/fvbommel/sortorder"
	"github.com/spf13/pflag"
)

// A networkRow is what formats of docker network ls have, in the order of psRow.
type networkRow struct {
	CreatedAt, Driver, ID, IPv4, IPv6, Internal, Labels, Name, Scope string

	labels map[string]string
	of     *release
}

// Label returns the value of a label.
func (r networkRow) Label(name string) string { return r.labels[name] }

// MarshalJSON escapes as psRow does. Before 28 there is no IPv4.
func (r networkRow) MarshalJSON() ([]byte, error) {
	type plain networkRow
	if r.of.since28 {
		return json.Marshal(plain(r))
	}
	return json.Marshal(struct {
		plain
		IPv4 bool `json:"IPv4,omitempty"`
	}{plain: plain(r)})
}

// networkFormats are docker network ls without --format.
var networkFormats = listFormats{
	table:    `table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}`,
	raw:      "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n",
	rawQuiet: "network_id: {{.ID}}",
	context:  "*network.networkContext",
}

var networkHeaders = header{
	"ID": "NETWORK ID", "Name": "NAME", "Driver": "DRIVER", "Scope": "SCOPE", "IPv4": "IPV4", "IPv6": "IPV6", "Internal": "INTERNAL",
	"Labels": "LABELS", "CreatedAt": "CREATED AT",
}

// networks is docker network ls. docker sorts by name, numbers in it by their value.
func (d *docker) networks(f *pflag.FlagSet) action {
	var list listFlags
	list.add(f, listUsage{"Only display network IDs", "Do not truncate the output", "networks", "Provide filter values (e.g. 'driver=bridge')"})
	return func([]string) error {
		var networks []dockerapi.Network
		if _, err := d.api.get(d.ctx, "/networks", list.filters.query(url.Values{}), &networks); err != nil {
			return err
		}
		slices.SortFunc(networks, func(a, b dockerapi.Network) int {
			if sortorder.NaturalLess(a.Name, b.Name) {
				return -1
			}
			return 1
		})
		var rows []networkRow
		for _, n := range networks {
			rows = append(rows, networkRow{
				ID: list.id(n.ID), Name: n.Name, Driver: n.Driver, Scope: n.Scope, CreatedAt: n.Created.String(),
				IPv4: strconv.FormatBool(n.EnableIPv4), IPv6: strconv.FormatBool(n.EnableIPv6), Internal: strconv.FormatBool(n.Internal),
				Labels: joinLabels(n.Labels), labels: n.Labels, of: d.release,
			})
		}
		return printRows(d, &list, networkFormats, networkHeaders, rows)
	}
}
