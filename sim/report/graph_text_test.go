package report

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestLabels has what ends a label in Mermaid, and in DOT.
func TestLabels(t *testing.T) {
	t.Parallel()
	g := new(graph)
	a := g.add(node{lines: []string{`a"]<img src=x>`, "\x1b[0m\nb"}})
	b := g.add(node{kind: networkNode, lines: []string{`back\slash";`}})
	g.join(a, b, "", `|x|`)
	assert.Equal(t, "flowchart BT\n"+
		`  n0["a#34;#93;#60;img src#61;x#62;<br/>?#91;0m?b"]`+"\n"+
		`  n1(["back#92;slash#34;#59;"])`+"\n"+
		`  n0 -.-|"#124;x#124;"| n1`+"\n", g.mermaid())
	assert.Equal(t, "graph drydock {\n  rankdir=BT\n"+
		`  n0 [shape=box, label="a\"]<img src=x>\n?[0m?b"]`+"\n"+
		`  n1 [shape=ellipse, label="back\\slash\";"]`+"\n"+
		`  n0 -- n1 [label="|x|", color=red, style="dashed"]`+"\n}\n", g.dot())
	for range maxNodes {
		g.add(node{lines: []string{"x"}})
	}
	assert.Contains(t, g.mermaid(), "… and 2 more")
	assert.Contains(t, g.dot(), "… and 2 more")
}
