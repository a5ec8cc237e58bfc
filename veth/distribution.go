package veth

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"sync"
)

// A Distribution is how random delays are distributed. It is compared by its address.
type Distribution struct {
	name  string
	table func() []int16 // by equal shares of the probability, in units of spread/distScale; nil: uniform
}

// String returns the name.
func (d *Distribution) String() string { return d.name }

// Table returns the delays of equal shares of all frames, in ascending order and in units of
// the spread divided by 8192; nil for Uniform.
func (d *Distribution) Table() []int16 {
	if d.table == nil {
		return nil
	}
	return slices.Clone(d.table())
}

// distScale is NETEM_DIST_SCALE: a spread in a table.
const distScale = 8192

// distSize is how many entries the tables of iproute2 have, and maxDist how many one may.
const (
	distSize = 4096
	maxDist  = 16384
)

// The distributions of tc. Pareto's has the shape 3; ParetoNormal is a quarter Normal and three
// quarters Pareto, "which seems to match experimentally observed distributions reasonably well".
var (
	Uniform      = &Distribution{name: "uniform"}
	Normal       = &Distribution{name: "normal", table: sync.OnceValue(normalTable)}
	Pareto       = &Distribution{name: "pareto", table: sync.OnceValue(paretoTable)}
	ParetoNormal = &Distribution{name: "paretonormal", table: sync.OnceValue(paretoNormalTable)}
)

// distributions are those that a text can name.
var distributions = []*Distribution{Uniform, Normal, Pareto, ParetoNormal}

// NewDistribution returns the distribution of the samples, which are measured delays in any
// unit: at most 16384, of which not all are equal. A delay is then as far from Delay, in
// units of Spread, as a sample is from the mean in units of the standard deviation.
func NewDistribution(name string, samples []float64) (*Distribution, error) {
	if len(samples) < 2 || len(samples) > maxDist {
		return nil, invalid("Distribution", name, fmt.Sprintf("%d samples, outside [2, %d]", len(samples), maxDist))
	}
	mean, square := 0.0, 0.0
	for _, x := range samples {
		mean += x / float64(len(samples))
	}
	for _, x := range samples {
		square += (x - mean) * (x - mean) / float64(len(samples))
	}
	deviation := math.Sqrt(square)
	if !(deviation > 0) || math.IsInf(deviation, 0) {
		return nil, invalid("Distribution", name, "no deviation")
	}
	table := make([]int16, len(samples))
	for i, x := range samples {
		table[i] = entry((x - mean) / deviation * distScale)
	}
	slices.Sort(table)
	return &Distribution{name: name, table: func() []int16 { return table }}, nil
}

// entry rounds to what a table holds.
func entry(x float64) int16 {
	return int16(math.RoundToEven(min(max(x, math.MinInt16), math.MaxInt16)))
}

// normalValue is a value of iproute2's table: on a grid of 0.00005 the last one before the
// probability leaves what rounds to n/4096.
func normalValue(n int) float64 {
	const grid = 0.00005
	last := sort.Search(400_000, func(i int) bool {
		x := -10 + float64(i)*grid
		return math.RoundToEven(4*distSize*(0.5+0.5*math.Erf(x/math.Sqrt2))) > float64(4*n)
	}) - 1
	return (-10 + float64(last)*grid) * distScale
}

func paretoValue(n int) float64 {
	tail := float64(distSize-n) / distSize
	return (1/math.Pow(tail, 1.0/3) - 1.5) * (4.0 / 3) * distScale
}

func normalTable() []int16 { return tableOf(normalValue) }
func paretoTable() []int16 { return tableOf(paretoValue) }

// paretoNormalTable rounds as iproute2 does, with integers.
func paretoNormalTable() []int16 {
	return tableOf(func(n int) float64 {
		return math.Trunc((math.RoundToEven(normalValue(n)) + 3*float64(entry(paretoValue(n)))) / 4)
	})
}

func tableOf(value func(n int) float64) []int16 {
	table := make([]int16, distSize)
	for n := range table {
		table[n] = entry(value(n))
	}
	return table
}
