package report

import (
	"io"

	"drydock/sim"
)

// A nodeKind is the row of a node in a drawing, from above.
type nodeKind int

const (
	machineNode nodeKind = iota
	lanNode
	hostNode
	networkNode
	containerNode
	numKinds = iota
)

var kindNames = [numKinds]string{"machine", "lan", "host", "network", "container"}

func (k nodeKind) String() string { return kindNames[k] }

// A node is a machine, a LAN, a host, a network or a container.
type node struct {
	kind  nodeKind
	lines []string // its name first
	off   bool     // a container that does not run
	harm  []string // what is wrong with its cables
	ports []string // labels of its cables, for a drawing, which has none at them
}

// An edge is a cable.
type edge struct {
	from, to int    // in nodes
	label    string // "eth0 172.17.0.2"
	bad      string // "no carrier", "loss 20%"; "" if it is as it should be
}

// A graph is the topology.
type graph struct {
	nodes []node
	edges []edge
	more  int // nodes that are left out
}

const maxNodes = 200

// add returns the number of a new node, and -1 when there are too many.
func (g *graph) add(n node) int {
	if len(g.nodes) == maxNodes {
		g.more++
		return -1
	}
	for i, line := range n.lines {
		n.lines[i] = clean(line, 60)
	}
	g.nodes = append(g.nodes, n)
	return len(g.nodes) - 1
}

// plug notes the label of a cable at a node, which may be left out.
func (g *graph) plug(at int, label string) {
	if at >= 0 {
		g.nodes[at].ports = append(g.nodes[at].ports, clean(label, 60))
	}
}

func (g *graph) join(from, to int, label, bad string) {
	if from >= 0 && to >= 0 {
		e := edge{from, to, clean(label, 60), clean(bad, 120)}
		g.edges = append(g.edges, e)
		if bad != "" {
			g.nodes[from].harm = append(g.nodes[from].harm, e.bad)
		}
	}
}

// graphOf returns the topology: machines and hosts on LANs, networks on hosts, containers on
// networks.
func graphOf(subjects []subject) *graph {
	g := new(graph)
	lans := make(map[*sim.LAN]int)
	for _, s := range subjects {
		if s.lan != nil {
			lans[s.lan] = g.add(node{kind: lanNode, lines: []string{s.name()}})
		}
	}
	for _, s := range subjects {
		if s.machine == nil {
			continue
		}
		kind := machineNode
		if s.host != nil {
			kind = hostNode
		}
		at := g.add(node{kind: kind, lines: []string{s.name()}})
		for _, l := range subjects {
			if l.lan == nil {
				continue
			}
			if link := s.machine.Uplink(l.lan); link.Name() != "" {
				g.plug(at, linkText(link))
				g.join(at, lans[l.lan], linkText(link), harm(&s.machine.Netns, link.Name(), nil))
			}
		}
		if s.host != nil {
			g.docker(s.host, at)
		}
	}
	return g
}

// docker adds the networks and containers of a host.
func (g *graph) docker(h *sim.Host, at int) {
	networks := make(map[string]int)
	for n := range h.Networks() {
		if n.Bridge() == nil {
			continue
		}
		lines := []string{n.Name()}
		for _, p := range n.Subnets() {
			lines = append(lines, p.String())
		}
		i := g.add(node{kind: networkNode, lines: lines})
		networks[n.Name()] = i
		label := n.Device()
		if n.Gateway().IsValid() {
			label += " " + n.Gateway().String()
		}
		g.plug(i, n.Device())
		if n.Gateway().IsValid() {
			g.plug(i, n.Gateway().String())
		}
		g.join(i, at, label, "")
	}
	ports := make(map[int]string) // by the other end of their cable
	for _, i := range h.Interfaces() {
		ports[i.Peer] = i.Name
	}
	for _, c := range (subject{host: h}).containers() {
		g.container(h, c, networks, ports, at)
	}
}

func (g *graph) container(h *sim.Host, c *sim.Container, networks map[string]int, ports map[int]string, at int) {
	n := node{kind: containerNode, lines: []string{c.Name()}, off: !c.Running()}
	if n.off {
		n.lines = append(n.lines, c.State().Status)
	}
	for _, network := range c.Networks() {
		if text := linkText(c.Link(network)); text != "" {
			n.lines = append(n.lines, text)
		}
	}
	i := g.add(n)
	for _, network := range c.Networks() {
		to, ok := networks[network.Name()]
		if !ok && network.Name() == "host" {
			to, ok = at, true
		}
		if ok {
			link := c.Link(network)
			g.join(i, to, linkText(link), harm(&c.Netns, link.Name(), func(index int) (*sim.Netns, string) { return &h.Netns, ports[index] }))
		}
	}
}

// linkText returns "eth0 172.17.0.2".
func linkText(l *sim.Link) string {
	if l.Addr().IsValid() {
		return l.Name() + " " + l.Addr().String()
	}
	if l.Addr6().IsValid() {
		return l.Name() + " " + l.Addr6().String()
	}
	return l.Name()
}

// harm returns what is wrong with the cable at an interface. peer finds its other end, if that has
// a name.
func harm(ns *sim.Netns, device string, peer func(index int) (*sim.Netns, string)) (text string) {
	impaired := func(ns *sim.Netns, device, way string) {
		list, err := ns.Qdiscs(device)
		if err != nil {
			return
		}
		for _, q := range list {
			text += ", " + way + " " + qdiscText(q)
		}
	}
	for _, i := range ns.Interfaces() {
		if i.Name != device || device == "" {
			continue
		}
		if i.Up && !i.Running {
			text = ", no carrier"
		}
		impaired(ns, device, "sends")
		if peer != nil {
			if other, name := peer(i.Index); name != "" {
				impaired(other, name, "receives")
			}
		}
	}
	if text == "" {
		return ""
	}
	return text[2:]
}

// WriteMermaid writes the topology as a Mermaid flowchart.
func WriteMermaid(w io.Writer, sources ...Source) error {
	return writeGraph(w, sources, (*graph).mermaid)
}

// WriteDOT writes the topology as a graph of Graphviz.
func WriteDOT(w io.Writer, sources ...Source) error { return writeGraph(w, sources, (*graph).dot) }

func writeGraph(w io.Writer, sources []Source, text func(*graph) string) error {
	subjects, err := subjectsOf(sources)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text(graphOf(subjects)))
	return err
}
