package sim_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestImports keeps imports running one way: what a package may use of this
// module, tests not counted.
func TestImports(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command")
	}
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "drydock/...").Output()
	require.NoError(t, err)
	allowed := map[string]string{
		"drydock/internal/frame":        "",
		"drydock/veth":                  "drydock/internal/frame",
		"drydock/bridge":                "drydock/internal/frame",
		"drydock/sim/internal/netstack": "",
		"drydock/sim":                   "drydock/veth drydock/bridge drydock/sim/internal/netstack",
		"drydock/sim/tools":             "drydock/sim",
		"drydock/sim/simtest":           "drydock/sim",
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		may, ok := allowed[fields[0]]
		if !ok {
			continue // examples and benchmarks use what they like
		}
		for _, imported := range fields[1:] {
			if strings.HasPrefix(imported, "drydock/") {
				require.Contains(t, strings.Fields(may), imported, "%s must not import it", fields[0])
			}
			if imported == "testing" {
				require.Equal(t, "drydock/sim/simtest", fields[0], "simtest is the package that knows about tests")
			}
		}
		delete(allowed, fields[0])
	}
	require.Empty(t, allowed, "packages that are gone")
}

// TestREADME checks that the program that the README shows is the one that is
// tested.
func TestREADME(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	example, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	_, body, ok := strings.Cut(string(example), "func Example() {\n")
	require.True(t, ok)
	body, _, ok = strings.Cut(body, "\n\t// Output:")
	require.True(t, ok)
	body = strings.TrimPrefix(strings.ReplaceAll(body, "\n\t", "\n"), "\t")
	require.Contains(t, string(readme), body)
}
