// Curves draws how speed and cost scale, from the output of benchmarks:
//
//	go test -run '^$' -bench 'Forward|Streams|Containers' -count 5 ./bench >out.txt
//	go run -C bench/curves . -o .. ../../out.txt
//
// It writes an SVG for each of its charts that the output has two points of: medians where a
// benchmark ran several times.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"golang.org/x/perf/benchfmt"
)

// A chart shows one unit of benchmarks over a number in their names.
type chart struct {
	file  string
	title string
	x, y  string         // what the axes show
	unit  string         // as benchmarks report it
	names *regexp.Regexp // with groups x, and curve unless there is one curve
}

var charts = []chart{
	{"curve-rules.svg", "64-byte frames through rules", "rules in FORWARD", "Mpps", "Mpps",
		regexp.MustCompile(`^ForwardRules/64B/rules=(?P<x>\d+)$`)},
	{"curve-ports.svg", "64-byte frames through a bridge", "ports", "Mpps", "Mpps",
		regexp.MustCompile(`^Forward/unicast/64B/ports=(?P<x>\d+)/(?P<curve>[^/]+)`)},
	{"curve-sizes.svg", "frames through a bridge of 2 ports", "bytes of a frame", "Mpps", "Mpps",
		regexp.MustCompile(`^Forward/unicast/(?P<x>\d+(?:B|KiB))/ports=2/(?P<curve>[^/]+)`)},
	{"curve-streams.svg", "TCP streams at once", "pairs of ends", "Gbit/s", "Gbit/s",
		regexp.MustCompile(`^TCPStreams/(?P<curve>[^/]+)/pairs=(?P<x>\d+)`)},
	{"curve-memory.svg", "memory of a container", "containers", "KiB each", "KiB/container",
		regexp.MustCompile(`^(?P<curve>(?:Network)?Containers)/(?P<x>\d+)`)},
	{"curve-start.svg", "time to start a container", "containers", "µs each", "start-µs/container",
		regexp.MustCompile(`^(?P<curve>(?:Network)?Containers)/(?P<x>\d+)`)},
}

// labels are how curves are called that benchmarks call something else.
var labels = map[string]string{"Containers": "on docker0", "NetworkContainers": "on a network with names", "": "drydock"}

func main() {
	log.SetFlags(0)
	dir := flag.String("o", ".", "where to write the pictures")
	flag.Parse()
	in := io.Reader(os.Stdin)
	if flag.NArg() > 0 {
		f, err := os.Open(flag.Arg(0))
		if err != nil {
			log.Fatal(err)
		}
		defer f.Close()
		in = f
	}
	written, err := render(in, *dir)
	if err == nil && len(written) == 0 {
		err = fmt.Errorf("no benchmark of a chart has two points in it")
	}
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range written {
		fmt.Println(name)
	}
}

// render writes the charts that there are points for, and returns the names of their files.
func render(in io.Reader, dir string) (written []string, err error) {
	all := make([]curves, len(charts))
	for r := benchfmt.NewReader(in, "input"); r.Scan(); {
		result, ok := r.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		for i, c := range charts {
			if x, curve, ok := c.at(result.Name.Full()); ok {
				if y, ok := result.Value(c.unit); ok {
					all[i].add(curve, x, y)
				}
			}
		}
	}
	for i, c := range charts {
		if !all[i].worthwhile() {
			continue
		}
		name := filepath.Join(dir, c.file)
		if err := c.save(all[i], name); err != nil {
			return written, err
		}
		written = append(written, name)
	}
	return written, nil
}

// procs is how many CPUs a benchmark had, which ends its name.
var procs = regexp.MustCompile(`-\d+$`)

// at returns where on which curve a benchmark is.
func (c *chart) at(name []byte) (x float64, curve string, ok bool) {
	m := c.names.FindSubmatch(procs.ReplaceAll(name, nil))
	if m == nil {
		return 0, "", false
	}
	if i := c.names.SubexpIndex("curve"); i >= 0 {
		curve = string(m[i])
	}
	if label, ok := labels[curve]; ok {
		curve = label
	}
	x, ok = number(string(m[c.names.SubexpIndex("x")]))
	return x, curve, ok
}

// number reads 1000, 64B and 64KiB.
func number(s string) (float64, bool) {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	n, err := strconv.ParseFloat(s[:i], 64)
	if s[i:] == "KiB" {
		n *= 1024
	}
	return n, err == nil
}

// curves are, by name and place on the x-axis, what was measured there.
type curves map[string]map[float64][]float64

func (c *curves) add(curve string, x, y float64) {
	if *c == nil {
		*c = make(curves)
	}
	if (*c)[curve] == nil {
		(*c)[curve] = make(map[float64][]float64)
	}
	(*c)[curve][x] = append((*c)[curve][x], y)
}

// worthwhile reports whether a curve has two points.
func (c curves) worthwhile() bool {
	for _, points := range c {
		if len(points) > 1 {
			return true
		}
	}
	return false
}

func median(list []float64) float64 {
	slices.Sort(list)
	mid := len(list) / 2
	if len(list)%2 == 0 {
		return (list[mid-1] + list[mid]) / 2
	}
	return list[mid]
}
