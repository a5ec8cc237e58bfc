package main

import (
	"fmt"
	"html"
	"strings"
)

// Sizes in the picture, in px.
const (
	left, top   = 180, 56 // of the first cell
	wide, high  = 104, 34 // of a cell
	gap         = 3
	pictureHead = "Which peers behind NATs reach each other by punching holes"
)

// picture returns the table as SVG, for a light or a dark page.
func picture(table [][]result) string {
	var b strings.Builder
	n := len(kinds)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" role="img">`+"\n", left+n*wide, top+n*high)
	fmt.Fprintf(&b, "<title>%s</title>\n", pictureHead)
	b.WriteString(`<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.both { fill: #1a7f37 } .one { fill: #9a6700 } .none { fill: #d0d7de }
.white { fill: #fff; text-anchor: middle } .dark { text-anchor: middle }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .none { fill: #3d444d } .white { fill: #fff } }
</style>
`)
	for i, k := range kinds {
		fmt.Fprintf(&b, `<text x="0" y="%d">%s</text>`+"\n", top+i*high+high/2+5, html.EscapeString(k.name))
		for line, word := range headings(k.name) {
			fmt.Fprintf(&b, `<text class="dark" x="%d" y="%d">%s</text>`+"\n", left+i*wide+wide/2, 20+17*line, html.EscapeString(word))
		}
		for j := range kinds {
			class, color, text := cell(table[max(i, j)][min(i, j)])
			x, y := left+j*wide, top+i*high
			fmt.Fprintf(&b, `<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="4"/>`, class, x+gap, y+gap, wide-2*gap, high-2*gap)
			fmt.Fprintf(&b, `<text class="%s" x="%d" y="%d">%s</text>`+"\n", color, x+wide/2, y+high/2+5, text)
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// headings breaks the name of a kind into lines.
func headings(name string) []string {
	if i := strings.LastIndexByte(name, ' '); i >= 0 {
		return []string{name[:i], name[i+1:]}
	}
	return []string{"", name}
}

// cell returns the classes of a cell and of its text, and that.
func cell(r result) (class, color, text string) {
	switch r {
	case result{true, true}:
		return "both", "white", "UDP, TCP"
	case result{}:
		return "none", "dark", "–"
	}
	return "one", "white", r.String()
}
