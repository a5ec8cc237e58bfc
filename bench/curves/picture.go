package main

import (
	"image/color"
	"maps"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// palette is Okabe and Ito's, which the colour-blind tell apart.
var palette = []color.Color{
	color.RGBA{0, 114, 178, 255}, color.RGBA{213, 94, 0, 255}, color.RGBA{0, 158, 115, 255},
	color.RGBA{204, 121, 167, 255}, color.RGBA{86, 180, 233, 255}, color.RGBA{230, 159, 0, 255},
}

// save draws the chart. The x-axis is logarithmic, with zero a step before the first place; the
// y-axis begins at 0, so that twice as high is twice as much.
func (c *chart) save(all curves, name string) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = c.title, c.x, c.y
	p.Y.Min = 0
	p.Legend.Top, p.Legend.Left, p.Legend.Padding, p.Legend.XOffs = true, true, vg.Points(3), vg.Points(12)
	p.Title.Padding, p.X.Padding = vg.Points(6), vg.Points(4)
	p.Add(plotter.NewGrid())
	var ticks plot.ConstantTicks
	seen := map[float64]bool{}
	for i, curve := range slices.Sorted(maps.Keys(all)) {
		var points plotter.XYs
		for _, x := range slices.Sorted(maps.Keys(all[curve])) {
			points = append(points, plotter.XY{X: scale(x), Y: median(all[curve][x])})
			if !seen[x] {
				seen[x] = true
				ticks = append(ticks, plot.Tick{Value: scale(x), Label: strconv.FormatFloat(x, 'f', -1, 64)})
			}
		}
		line, marks, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color, line.Width = palette[i%len(palette)], vg.Points(2)
		marks.Color, marks.Shape, marks.Radius = line.Color, draw.CircleGlyph{}, vg.Points(3)
		p.Add(line, marks)
		p.Legend.Add(curve, line, marks)
	}
	p.X.Tick.Marker = ticks
	p.Y.Max *= 1.3 // room for the legend
	p.X.Max += (p.X.Max - p.X.Min) / 20
	return p.Save(6*vg.Inch, 3.5*vg.Inch, name)
}

// scale is where x stands on a logarithmic axis that has a 0.
func scale(x float64) float64 { return math.Log10(math.Max(x, 0.5)) }
