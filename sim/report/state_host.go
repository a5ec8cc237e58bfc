package report

import (
	"net/netip"
	"slices"
	"strings"

	"drydock/sim"
)

// dockerTables has what docker ps -a, docker network ls and the bridges show.
func dockerTables(h *sim.Host) (list []*table) {
	if h == nil {
		return nil
	}
	containers := newTable("containers", "NAME STATUS EXIT IMAGE NETWORKS ADDRESSES PORTS")
	for _, c := range (subject{host: h}).containers() {
		state := c.State()
		var networks, addrs, ports []string
		for _, n := range c.Networks() {
			networks = append(networks, n.Name())
			for _, a := range []netip.Addr{c.Link(n).Addr(), c.Link(n).Addr6()} {
				if a.IsValid() {
					addrs = append(addrs, a.String())
				}
			}
		}
		for _, p := range c.Ports() {
			ports = append(ports, p.String())
		}
		containers.row(c.Name(), state.Status, state.ExitCode, c.Summary().Image, joined(networks), joined(addrs), strings.Join(ports, ", "))
	}
	networks := newTable("networks", "NAME DEVICE SUBNETS GATEWAY")
	list = append(list, containers, networks)
	for n := range h.Networks() {
		gateway := ""
		if n.Gateway().IsValid() {
			gateway = n.Gateway().String()
		}
		networks.row(n.Name(), n.Device(), joined(n.Subnets()), gateway)
		if n.Bridge() != nil {
			list = append(list, portsOf(n.Bridge()), stationsOf(n.Bridge()))
		}
	}
	return append(list, questions(h))
}

// questions has the newest first.
func questions(h *sim.Host) *table {
	t := newTable("questions for names", "TIME FROM NAME TYPE ANSWER TOOK")
	for _, q := range slices.Backward(h.Questions()) {
		t.row(q.Time.Format(clock), q.From, q.Name, q.Type, answerOf(q), q.Took)
	}
	return t
}

func answerOf(q sim.Question) string {
	if q.Code == "" {
		return "no answer"
	}
	return strings.TrimSpace(q.Code + " " + strings.Join(q.Answers, ", "))
}
