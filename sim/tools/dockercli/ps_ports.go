package dockercli

import (
	"fmt"
	"net/netip"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/ports"
)

// portsColumn returns what docker ps shows under PORTS.
func portsColumn(list []dockerapi.Port) string {
	var exposed []ports.Port
	var bindings []ports.Binding
	for _, p := range list {
		port, err := ports.ParseExposed(fmt.Sprintf("%d/%s", p.PrivatePort, p.Type))
		if err != nil {
			continue // of a protocol that this docker does not know
		}
		if addr, err := netip.ParseAddr(p.IP); err == nil {
			bindings = append(bindings, ports.Binding{Port: port[0], HostAddr: addr, HostPort: p.PublicPort})
		} else {
			exposed = append(exposed, port[0])
		}
	}
	return ports.Column(exposed, bindings)
}
