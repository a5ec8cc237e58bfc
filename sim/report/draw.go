package report

import (
	"fmt"
	"html"
	"html/template"
	"strings"
	"unicode/utf8"
)

// A drawing is SVG under construction. Texts are escaped, and nothing else is not ours.
type drawing struct{ strings.Builder }

func (d *drawing) put(format string, args ...any) { fmt.Fprintf(d, format, args...) }

// text puts a text of so many characters at most, with all of it where the mouse rests.
func (d *drawing) text(x, y int, class, text string, most int) {
	short := text
	if utf8.RuneCountInString(text) > most {
		short = string([]rune(text)[:most-1]) + "…"
	}
	title := ""
	if short != text {
		title = "<title>" + html.EscapeString(text) + "</title>"
	}
	d.put(`<text x="%d" y="%d" class="%s">%s%s</text>`, x, y, class, title, html.EscapeString(short))
}

func (d *drawing) svg(width, height int, label string) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="%s">%s</svg>`,
		width, height, width, height, html.EscapeString(label), d.String()))
}

// The sizes of a sequence diagram.
const (
	laneWidth  = 110
	headHeight = 24
	rowHeight  = 36
	middle     = rowHeight / 2
	textWidth  = 620 // of a drawing that stands alone
	textMost   = 100 // characters
)

func (all *lanes) width() int   { return len(all.names) * laneWidth }
func (all *lanes) x(n int) int  { return n*laneWidth + laneWidth/2 }
func (all *lanes) head() string { return strings.Join(all.names, ", ") }

// drawHead puts the names of lanes.
func (all *lanes) drawHead(d *drawing) {
	for i, name := range all.names {
		d.text(all.x(i), 16, "lane", name, 15)
	}
}

// rails puts the lines of the lanes, of so many pixels.
func (all *lanes) rails(d *drawing, height int) {
	for i := range all.names {
		d.put(`<path class="rail" d="M%d 0v%d"/>`, all.x(i), height)
	}
}

// row puts one packet at a height. Hops that would lie on each other stand below each other.
func (all *lanes) row(d *drawing, j *journey, y int) {
	class := "way"
	translated, dropped := all.marks(j)
	if len(dropped) > 0 {
		class = "way lost"
	}
	hops := all.hops(j)
	levels := levelsOf(hops)
	y += middle - levels[len(levels)-1]*hopHeight/2
	d.put(`<circle class="dot" cx="%d" cy="%d" r="3"/>`, all.x(all.numbers[j.begin().lane()]), y)
	for i, h := range hops {
		all.arrow(d, class, h, y+levels[i]*hopHeight)
	}
	y += levels[len(levels)-1] * hopHeight
	for _, n := range translated {
		d.put(`<circle class="nat" cx="%d" cy="%d" r="5"/>`, all.x(n), y)
	}
	for _, n := range dropped {
		d.put(`<path class="cross" d="M%d %dl10 10m0 -10l-10 10"/>`, all.x(n)-5, y-5)
	}
}

const (
	hopHeight = 7
	maxLevel  = 3
)

// levelsOf returns the line on which each hop is drawn, and one line if there are none.
func levelsOf(hops []hop) []int {
	levels := make([]int, max(1, len(hops)))
	level := 0
	for i := 1; i < len(hops); i++ {
		for _, o := range hops[:i] {
			if min(o.from, o.to) < max(hops[i].from, hops[i].to) && min(hops[i].from, hops[i].to) < max(o.from, o.to) && level < maxLevel {
				level++
				break
			}
		}
		levels[i] = level
	}
	return levels
}

func (all *lanes) arrow(d *drawing, class string, h hop, y int) {
	from, to := all.x(h.from), all.x(h.to)
	switch {
	case h.from == h.to:
		d.put(`<path class="%s" d="M%d %dh18v8h-14"/><path class="head" d="M%d %dl6 -3v6z"/>`, class, from, y-4, from+2, y+4)
	case from < to:
		d.put(`<path class="%s" d="M%d %dH%d"/><path class="head" d="M%d %dl-8 -4v8z"/>`, class, from, y, to-2, to-1, y)
	default:
		d.put(`<path class="%s" d="M%d %dH%d"/><path class="head" d="M%d %dl8 -4v8z"/>`, class, from, y, to+2, to+1, y)
	}
}

// colours are those of the page and of drawings that stand alone, in both schemes.
const colours = `:root{--bg:#fff;--fg:#1b1f24;--dim:#5b6570;--line:#d0d7de;--soft:#f3f5f7;--way:#0a58ca;--bad:#c62828;--nat:#8a5a00;--event:#0a58ca;--fault:#b35900;--drop:#c62828;--name:#2e7d32}
@media(prefers-color-scheme:dark){:root{--bg:#0f1419;--fg:#e3e8ee;--dim:#9aa5b1;--line:#3a4450;--soft:#1a212a;--way:#74b0ff;--bad:#ff7b72;--nat:#f0b95a;--event:#74b0ff;--fault:#ffb066;--drop:#ff7b72;--name:#7fd18a}}
text{fill:var(--fg);font:12px system-ui,sans-serif}.lane,.mid{text-anchor:middle}.end{text-anchor:end}.lane,.name{font-weight:600}.dim{fill:var(--dim)}.bad{fill:var(--bad)}
.rail{stroke:var(--line);fill:none}.way{stroke:var(--way);fill:none;stroke-width:1.5}.head,.dot{fill:var(--way)}.lost{stroke-dasharray:5 3}.nat{fill:none;stroke:var(--nat);stroke-width:2}.cross{stroke:var(--bad);stroke-width:2.5;fill:none}
.box{fill:var(--soft);stroke:var(--line)}.off{stroke-dasharray:4 3}.wire{stroke:var(--dim);fill:none}.harm{stroke:var(--bad);stroke-width:2;stroke-dasharray:5 3;fill:none}
.event{fill:var(--event)}.fault{fill:var(--fault)}.drop{fill:var(--drop)}.asked{fill:var(--name)}`

// sequence returns a drawing of packets that stands alone, as WriteSequence writes it.
func (all *lanes) sequence(list []*journey, more int) string {
	width, height := all.width()+textWidth, headHeight+len(list)*rowHeight+middle/2
	if more > 0 {
		height += rowHeight
	}
	var d drawing
	d.put(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d"><style>%s</style><rect width="100%%" height="100%%" fill="var(--bg)"/>`,
		width, height, width, height, colours)
	all.drawHead(&d)
	d.put(`<g transform="translate(0,%d)">`, headHeight)
	all.rails(&d, len(list)*rowHeight)
	for i, j := range list {
		y := i * rowHeight
		d.put("\n")
		all.row(&d, j, y)
		d.text(all.width()+8, y+middle-3, "", j.first().what+"  "+j.ends(), textMost)
		class := "dim"
		if j.dropped() != nil {
			class = "bad"
		}
		d.text(all.width()+8, y+middle+12, class, j.outcome(), textMost)
	}
	if more > 0 {
		d.text(all.width()+8, len(list)*rowHeight+middle, "dim", fmt.Sprintf("… %d packets are left out", more), textMost)
	}
	d.put("</g></svg>\n")
	return d.String()
}
