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
		"drydock/internal/packet":         "",
		"drydock/veth":                    "drydock/internal/packet",
		"drydock/bridge":                  "drydock/internal/packet",
		"drydock/dnsd":                    "",
		"drydock/nat/conntrack":           "",
		"drydock/nat/internal/words":      "",
		"drydock/nat":                     "drydock/internal/packet drydock/nat/conntrack drydock/nat/internal/words",
		"drydock/nat/iptables":            "drydock/nat drydock/nat/internal/words",
		"drydock/sim/internal/router":     "drydock/internal/packet",
		"drydock/sim/internal/random":     "",
		"drydock/sim/internal/netstack":   "drydock/internal/packet drydock/sim/internal/random drydock/sim/internal/router drydock/sim/ping drydock/sim/internal/errno drydock/sim/internal/addrselect drydock/sim/internal/echo drydock/sim/internal/bubble",
		"drydock/sim/ping":                "",
		"drydock/sim/internal/errno":      "",
		"drydock/sim/internal/addrselect": "",
		"drydock/sim/internal/echo":       "drydock/internal/packet drydock/sim/internal/errno drydock/sim/ping",
		"drydock/sim/internal/bubble":     "",
		"drydock/sim/internal/linkenv":    "drydock/sim/internal/ports",
		"drydock/sim/internal/ports":      "",
		"drydock/sim/internal/engine":     "drydock/dnsd drydock/sim/internal/linkenv drydock/sim/internal/ports",
		"drydock/sim/internal/relay":      "",
		"drydock/sim/dockerapi":           "",
		"drydock/sim/internal/slirp":      "drydock/internal/packet drydock/sim/internal/relay drydock/sim/internal/random",
		"drydock/sim": "drydock/sim/dockerapi drydock/internal/packet drydock/veth drydock/bridge drydock/dnsd drydock/nat drydock/nat/iptables drydock/sim/internal/netstack " +
			"drydock/sim/internal/engine drydock/sim/internal/linkenv drydock/sim/internal/ports drydock/sim/internal/relay drydock/sim/internal/router drydock/sim/internal/slirp drydock/sim/ping drydock/sim/internal/bubble",
		"drydock/sim/tools/command":           "",
		"drydock/sim/tools/internal/inet":     "",
		"drydock/sim/tools/internal/tooltest": "drydock/sim drydock/sim/tools/command",
		"drydock/sim/tools/conntracktools":    "drydock/nat drydock/nat/conntrack drydock/sim/tools/command",
		"drydock/sim/tools/coreutils":         "drydock/sim/tools/command",
		"drydock/sim/tools/dockercli":         "drydock/sim drydock/sim/dockerapi drydock/sim/tools/command",
		"drydock/sim/tools/findutils":         "drydock/sim/tools/command",
		"drydock/sim/tools/iproute2":          "drydock/sim drydock/sim/tools/command drydock/sim/tools/internal/inet",
		"drydock/sim/tools/iptables":          "drydock/nat drydock/nat/iptables drydock/sim/tools/command",
		"drydock/sim/tools/iputils":           "drydock/sim drydock/sim/ping drydock/sim/tools/command drydock/sim/tools/internal/inet",
		"drydock/sim/tools/nettools":          "drydock/sim drydock/sim/tools/command drydock/sim/tools/internal/inet",
		"drydock/sim/tools/shell":             "drydock/sim/tools/command",
		"drydock/sim/tools": "drydock/sim drydock/sim/tools/command drydock/sim/tools/conntracktools drydock/sim/tools/coreutils drydock/sim/tools/dockercli " +
			"drydock/sim/tools/findutils drydock/sim/tools/iproute2 drydock/sim/tools/iptables drydock/sim/tools/iputils drydock/sim/tools/nettools drydock/sim/tools/shell",
		"drydock/sim/simtest": "drydock/sim drydock/sim/internal/bubble",
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

// TestREADME checks that the programs that the README shows are those that are
// tested.
func TestREADME(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		return string(b)
	}
	readme := read("../README.md")
	_, body, ok := strings.Cut(read("example_test.go"), "func Example() {\n")
	require.True(t, ok)
	body, _, ok = strings.Cut(body, "\n\t// Output:")
	require.True(t, ok)
	require.Contains(t, readme, strings.TrimPrefix(strings.ReplaceAll(body, "\n\t", "\n"), "\t"))

	for file, name := range map[string]string{"example": "TestOutage", "forbidden": "TestForbidden", "image": "TestDatabaseDown"} {
		_, body, ok = strings.Cut(read("simtest/"+file+"_test.go"), "\nfunc "+name)
		require.True(t, ok)
		require.Contains(t, readme, "func "+name+body)
	}
}
