package report

import (
	"fmt"
	"strings"
	"unicode"
)

// mermaid returns the graph as a flowchart. What a label may not have is written as an entity.
func (g *graph) mermaid() string {
	shapes := [numKinds][2]string{
		machineNode: {`["`, `"]`}, lanNode: {`{{"`, `"}}`}, hostNode: {`[["`, `"]]`}, networkNode: {`(["`, `"])`}, containerNode: {`("`, `")`},
	}
	var b strings.Builder
	b.WriteString("flowchart BT\n")
	for i, n := range g.nodes {
		lines := make([]string, len(n.lines))
		for j, line := range n.lines {
			lines[j] = mermaidText(line)
		}
		fmt.Fprintf(&b, "  n%d%s%s%s\n", i, shapes[n.kind][0], strings.Join(lines, "<br/>"), shapes[n.kind][1])
	}
	for _, e := range g.edges {
		line, label := "---", e.label
		if e.bad != "" {
			line, label = "-.-", strings.TrimSpace(label+" "+e.bad)
		}
		if label != "" {
			line += `|"` + mermaidText(label) + `"|`
		}
		fmt.Fprintf(&b, "  n%d %s n%d\n", e.from, line, e.to)
	}
	if g.more > 0 {
		fmt.Fprintf(&b, "  more[\"… and %d more\"]\n", g.more)
	}
	return b.String()
}

func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" .,:/_-%?…", r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}

// dot returns the graph in the language of Graphviz.
func (g *graph) dot() string {
	shapes := [numKinds]string{machineNode: "box", lanNode: "hexagon", hostNode: "box3d", networkNode: "ellipse", containerNode: "component"}
	var b strings.Builder
	b.WriteString("graph drydock {\n  rankdir=BT\n")
	for i, n := range g.nodes {
		style := ""
		if n.off {
			style = ", style=dotted"
		}
		lines := make([]string, len(n.lines))
		for j, line := range n.lines {
			lines[j] = dotText(line)
		}
		fmt.Fprintf(&b, "  n%d [shape=%s%s, label=\"%s\"]\n", i, shapes[n.kind], style, strings.Join(lines, `\n`))
	}
	for _, e := range g.edges {
		label := dotText(e.label)
		if e.bad != "" {
			label = strings.TrimPrefix(label+`\n`+dotText(e.bad)+`", color=red, style="dashed`, `\n`)
		}
		fmt.Fprintf(&b, "  n%d -- n%d [label=\"%s\"]\n", e.from, e.to, label)
	}
	if g.more > 0 {
		fmt.Fprintf(&b, "  more [shape=plaintext, label=\"… and %d more\"]\n", g.more)
	}
	b.WriteString("}\n")
	return b.String()
}

func dotText(s string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) }
