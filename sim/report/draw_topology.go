package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"unicode/utf8"
)

// The sizes of a topology.
const (
	boxWidth  = 150
	boxGap    = 16
	lineHigh  = 15
	rowGap    = 46
	maxInRow  = 12 // boxes, then they go on below
	boxMargin = 8
)

// A box is a node that has its place.
type box struct{ x, y, height int }

// draw lays the nodes out in rows: machines, LANs, hosts, networks, containers.
func (g *graph) draw() template.HTML {
	boxes, width, height := g.layout()
	var d drawing
	for _, e := range g.edges {
		a, b := boxes[e.from], boxes[e.to]
		if a.y > b.y {
			a, b = b, a
		}
		class := "wire"
		if e.bad != "" {
			class = "harm"
		}
		d.put(`<path class="%s" d="M%d %dL%d %d"><title>%s</title></path>`, class, a.x+boxWidth/2, a.y+a.height, b.x+boxWidth/2, b.y,
			template.HTMLEscapeString(e.label+" "+e.bad))
	}
	for i, n := range g.nodes {
		g.drawNode(&d, n, boxes[i])
	}
	if g.more > 0 {
		d.text(boxMargin, height-6, "dim", fmt.Sprintf("… and %d more", g.more), 40)
	}
	return d.svg(width, height, "topology")
}

func (g *graph) drawNode(d *drawing, n node, b box) {
	class, round := "box", 3
	if n.off {
		class += " off"
	}
	if n.kind == networkNode || n.kind == lanNode {
		round = b.height / 2
	}
	d.put(`<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="%d"/>`, class, b.x, b.y, boxWidth, b.height, round)
	lines := slices.Concat(n.lines, n.ports)
	for i, line := range lines {
		text := "mid dim"
		if i == 0 {
			text = "mid name"
			if n.kind == machineNode || n.kind == hostNode || n.kind == networkNode {
				line = n.kind.String() + " " + line
			}
		}
		d.text(b.x+boxWidth/2, b.y+boxMargin+11+i*lineHigh, text, line, 23)
	}
	for i, what := range n.harmLines() {
		d.text(b.x+boxWidth/2, b.y+boxMargin+11+(len(lines)+i)*lineHigh, "mid bad", what, harmWidth)
	}
}

// The lines on which a box says what is wrong.
const (
	harmWidth = 23 // characters
	maxHarm   = 8
)

// harmLines returns what is wrong on lines that fit into the box, broken between words.
func (n node) harmLines() (lines []string) {
	for _, harm := range n.harm {
		for part := range strings.SplitSeq(harm, ", ") {
			line := ""
			for _, word := range strings.Fields(part) {
				if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > harmWidth {
					lines, line = append(lines, line), " "
				}
				line = strings.TrimPrefix(line+" "+word, " ")
			}
			lines = append(lines, line)
		}
	}
	if len(lines) > maxHarm {
		lines = append(lines[:maxHarm-1], "…")
	}
	return lines
}

// layout returns a box for each node, and the size of the drawing.
func (g *graph) layout() (boxes []box, width, height int) {
	var rows [][]int
	for kind := range nodeKind(numKinds) {
		var row []int
		for i, n := range g.nodes {
			if n.kind != kind {
				continue
			}
			if len(row) == maxInRow {
				rows, row = append(rows, row), nil
			}
			row = append(row, i)
		}
		if row != nil {
			rows = append(rows, row)
		}
	}
	most := 1
	for _, row := range rows {
		most = max(most, len(row))
	}
	width, height = most*(boxWidth+boxGap)+boxGap, boxMargin+lineHigh
	boxes = make([]box, len(g.nodes))
	for _, row := range rows {
		x, high := (width-len(row)*(boxWidth+boxGap)+boxGap)/2, 0
		for _, i := range row {
			n := g.nodes[i]
			boxes[i] = box{x, height, (len(n.lines)+len(n.ports)+len(n.harmLines()))*lineHigh + 2*boxMargin}
			high = max(high, boxes[i].height)
			x += boxWidth + boxGap
		}
		height += high + rowGap
	}
	return boxes, width, height
}
