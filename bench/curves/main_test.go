package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const output = `
goos: linux
BenchmarkForwardRules/64B/rules=0-2   	 10	 100 ns/op	 4.0 Mpps	 0 B/op
BenchmarkForwardRules/64B/rules=10-2  	 10	 100 ns/op	 3.0 Mpps	 0 B/op
BenchmarkForwardRules/64B/rules=10-2  	 10	 100 ns/op	 9.0 Mpps	 0 B/op
BenchmarkForwardRules/64B/rules=10-2  	 10	 100 ns/op	 1.0 Mpps	 0 B/op
BenchmarkForward/unicast/64KiB/ports=2/drydock-2  	 10	 100 ns/op	 1.5 Mpps
BenchmarkContainers/10-2  	 10	 100 ns/op	 139 KiB/container	 108 start-µs/container
BenchmarkNetworkContainers/10-2  	 10	 100 ns/op	 169 KiB/container	 113 start-µs/container
BenchmarkNetworkContainers/100-2  	 10	 100 ns/op	 174 KiB/container	 160 start-µs/container
not a line
`

func TestRender(t *testing.T) {
	dir := t.TempDir()
	written, err := render(strings.NewReader(output), dir)
	require.NoError(t, err)
	var names []string
	for _, name := range written {
		names = append(names, filepath.Base(name))
	}
	assert.Equal(t, []string{"curve-rules.svg", "curve-memory.svg", "curve-start.svg"}, names, "one point is no curve")
	svg, err := os.ReadFile(filepath.Join(dir, "curve-memory.svg"))
	require.NoError(t, err)
	for _, text := range []string{"memory of a container", "on docker0", "on a network with names", "KiB each", ">100</text>"} {
		assert.Contains(t, string(svg), text)
	}
}

func TestPlace(t *testing.T) {
	for _, tt := range []struct {
		name  string
		chart int
		x     float64
		curve string
	}{
		{"ForwardRules/64B/rules=1000-2", 0, 1000, "drydock"},
		{"Forward/unicast/64B/ports=100/gvisor-bridge-16", 1, 100, "gvisor-bridge"},
		{"Forward/unicast/64KiB/ports=2/drydock-2", 2, 65536, "drydock"},
		{"Forward/unicast/1500B/ports=2/drydock", 2, 1500, "drydock"},
		{"TCPStreams/kernel-bridge/pairs=32-2", 3, 32, "kernel-bridge"},
		{"Containers/1000-2", 4, 1000, "on docker0"},
	} {
		x, curve, ok := charts[tt.chart].at([]byte(tt.name))
		assert.True(t, ok, tt.name)
		assert.Equal(t, tt.x, x, tt.name)
		assert.Equal(t, tt.curve, curve, tt.name)
	}
	_, _, ok := charts[0].at([]byte("ForwardRules/64B/ctstate/rules=1000-2"))
	assert.False(t, ok)
}

func TestMedian(t *testing.T) {
	assert.Equal(t, 2.0, median([]float64{3, 1, 2}))
	assert.Equal(t, 2.5, median([]float64{4, 1, 2, 3}))
}
