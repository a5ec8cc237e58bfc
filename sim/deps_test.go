package sim_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A floor is a number of packages that stand side by side on those below them.
type floor struct {
	name     string
	packages string
}

// floors are all packages of the module, from the ground up. Examples and benchmarks, which
// nobody imports, use what they like.
var floors = []floor{
	{"packets; virtual time", "sim/internal/bubble drop internal/taps internal/packet nat/internal/words nat/conntrack nat/ipset"},
	{"libraries for any gVisor stack", "veth bridge nat dnsd"},
	{"the commands of nat", "nat/iptables"},
	{"those that have its words", "nat/nftables"},
	{"shapes and leaves of sim", "sim/dockerapi sim/ping sim/internal/random sim/internal/errno sim/internal/addrselect " +
		"sim/internal/apitext sim/internal/daemonjson sim/internal/feed sim/internal/namesgenerator sim/internal/neigh sim/internal/reference sim/internal/pcapfilter sim/internal/ports sim/internal/relay sim/internal/stdio sim/tools/command"},
	{"parts of a machine", "sim/internal/apishape sim/internal/files sim/internal/users sim/internal/tty sim/internal/linkenv sim/internal/echo sim/internal/router sim/internal/sched sim/internal/slirp"},
	{"a stack with sockets, a release of Docker", "sim/internal/netstack sim/internal/engine"},
	{"the nouns", "sim"},
	{"what is seen; what commands share", "sim/capture sim/tools/internal/inet sim/tools/internal/gnu sim/tools/internal/escape sim/tools/internal/netfilter sim/tools/internal/onhost " +
		"sim/tools/internal/condition sim/tools/internal/posixre sim/tools/shell/internal/vars sim/tools/shell/internal/edit " +
		"sim/tools/shell/internal/faults sim/tools/shell/internal/glob sim/tools/shell/internal/jobs sim/tools/shell/internal/options " +
		"sim/tools/shell/internal/prompt sim/tools/shell/internal/streams"},
	{"what uses these", "sim/report sim/tools/internal/printf sim/tools/shell/internal/words sim/tools/procps"},
	{"for tests; Docker's API", "sim/simtest sim/dockerd"},
	{"suites of commands", "sim/tools/conntracktools sim/tools/coreutils sim/tools/dockercli sim/tools/findutils sim/tools/ipset " +
		"sim/tools/awk sim/tools/debianutils sim/tools/grep sim/tools/less sim/tools/ncurses sim/tools/packages sim/tools/sed sim/tools/systemd sim/tools/tcpdump " +
		"sim/tools/iproute2 sim/tools/iptables sim/tools/nftables sim/tools/iputils sim/tools/nettools sim/tools/bridgeutils sim/tools/shell sim/tools/utillinux"},
	{"what commands of two suites share", "sim/tools/internal/bsdping sim/tools/internal/http1"},
	{"suites of network clients", "sim/tools/bind9 sim/tools/busybox sim/tools/curl sim/tools/inetutils sim/tools/libcbin sim/tools/netcat sim/tools/traceroute " +
		"sim/tools/wget"},
	{"the table of commands", "sim/tools"},
	{"images with them", "sim/images"},
	{"recorded sessions, which only its tests repeat", "sim/tools/recorded"},
}

// forTests are packages of the module that only tests import.
var forTests = []string{"internal/packet/samples", "sim/tools/internal/tooltest"}

// TestImports keeps imports running down: a package uses packages of the floors below its
// own, and none beside it. What only tests import does not count.
func TestImports(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command")
	}
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "drydock/...").Output()
	require.NoError(t, err)
	at := make(map[string]int)
	for i, f := range floors {
		for name := range strings.FieldsSeq(f.packages) {
			at["drydock/"+name] = i
		}
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		checkImports(t, at, fields[0], fields[1:])
	}
	for name := range at {
		require.Contains(t, string(out), name+" ", "a package that is gone")
	}
}

// checkImports checks the imports of one package; at is the floor of each.
func checkImports(t *testing.T, at map[string]int, name string, imports []string) {
	t.Helper()
	short := strings.TrimPrefix(name, "drydock/")
	if short == "bench" || strings.HasPrefix(short, "bench/") || strings.HasPrefix(short, "examples/") || slices.Contains(forTests, short) {
		return
	}
	own, ok := at[name]
	require.True(t, ok, "%s stands on no floor", name)
	for _, imported := range imports {
		if imported == "testing" {
			require.Equal(t, "sim/simtest", short, "simtest is the package that knows about tests")
		}
		if !strings.HasPrefix(imported, "drydock/") {
			continue
		}
		below, ok := at[imported]
		require.True(t, ok, "%s imports %s, which is for tests alone", name, imported)
		require.Less(t, below, own, "%s (%s) must not import %s (%s)", name, floors[own].name, imported, floors[below].name)
	}
}

// ofOthers are the modules whose packages are in a program that imports sim alone.
const ofOthers = "github.com/docker/go-units github.com/fvbommel/sortorder github.com/google/btree github.com/miekg/dns " +
	"golang.org/x/exp golang.org/x/net golang.org/x/sync golang.org/x/sys golang.org/x/time gvisor.dev/gvisor"

// TestSimAlone checks that who imports sim alone gets no commands, no API of Docker, and
// nothing that only those need.
func TestSimAlone(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command")
	}
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}} {{.Module.Path}}{{end}}", "drydock/sim").Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(out)) {
		name, module, _ := strings.Cut(strings.TrimSpace(line), " ")
		if module != "drydock" {
			require.Contains(t, strings.Fields(ofOthers), module, name)
			continue
		}
		require.False(t, name != "drydock/sim/tools/command" && strings.HasPrefix(name, "drydock/sim/tools"), name)
		require.NotContains(t, []string{"drydock/sim/capture", "drydock/sim/dockerd", "drydock/sim/images", "drydock/sim/report", "drydock/sim/simtest"}, name)
	}
}

// A link of the README: to an example, a test or a program.
var readmeLink = regexp.MustCompile(`\[([\w.]+)\]\(([\w/-]+\.go)\)`)

// TestREADME checks that the program that the README shows is one that is tested, and that
// the examples are where it says.
func TestREADME(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join("..", name))
		require.NoError(t, err)
		return string(b)
	}
	readme := read("README.md")
	_, program, ok := strings.Cut(read("sim/simtest/readme_test.go"), "package simtest_test\n\n")
	require.True(t, ok)
	require.Contains(t, readme, "```go\npackage app_test\n\n"+program+"```")

	links := readmeLink.FindAllStringSubmatch(readme, -1)
	require.Greater(t, len(links), 20)
	for _, link := range links {
		text, file := link[1], read(link[2])
		if name := text[strings.LastIndexByte(text, '.')+1:]; strings.HasSuffix(link[2], "_test.go") {
			require.Contains(t, file, "\nfunc "+name+"(", link[0])
		}
	}
}

// TestWalks checks that CONTRIBUTING.md names files that there are, and each once in a walk.
func TestWalks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../CONTRIBUTING.md")
	require.NoError(t, err)
	for section := range strings.SplitSeq(string(text), "\n## ") {
		seen := make(map[string]bool)
		for _, match := range regexp.MustCompile("`([\\w/]+\\.go)`").FindAllStringSubmatch(section, -1) {
			require.FileExists(t, filepath.Join("..", match[1]))
			require.False(t, seen[match[1]], "%s twice in one walk", match[1])
			seen[match[1]] = true
		}
	}
}
