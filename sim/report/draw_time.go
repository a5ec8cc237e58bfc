package report

import (
	"html/template"
	"time"
)

const (
	stripWidth = 900
	stripLeft  = 60
	stripRow   = 20
	maxMoments = 250 // of a page
)

// stripRows are the kinds of moments from above, with the class that each has.
var stripRows = []struct{ kind, class string }{{"event", "event"}, {"fault", "fault"}, {"drop", "drop"}, {"name", "asked"}}

// drawTime draws moments on a line for each kind, from start to end or as far as they reach.
func drawTime(list []moment, start, end time.Time) template.HTML {
	var d drawing
	for _, m := range list {
		if m.at.Before(start) {
			start = m.at
		}
		if m.at.After(end) {
			end = m.at
		}
	}
	span := max(end.Sub(start), 1)
	for i, row := range stripRows {
		y := i*stripRow + stripRow/2
		d.text(0, y+4, "", row.kind+"s", 10)
		d.put(`<path class="rail" d="M%d %dh%d"/>`, stripLeft, y, stripWidth)
		for _, m := range list {
			if m.Kind == row.kind {
				x := stripLeft + float64(stripWidth)*float64(m.at.Sub(start))/float64(span)
				d.put(`<circle class="%s" cx="%.1f" cy="%d" r="4"><title>%s %s</title></circle>`, row.class, x, y,
					m.at.Format(clock), template.HTMLEscapeString(m.What))
			}
		}
	}
	bottom := len(stripRows)*stripRow + 14
	d.text(stripLeft, bottom, "dim", start.Format(clock), 20)
	d.text(stripLeft+stripWidth, bottom, "dim end", end.Format(clock), 20)
	return d.svg(stripLeft+stripWidth+10, bottom+6, "time line")
}
