package iptables

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"drydock/nat"
	"drydock/nat/internal/words"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// corpusDirs are where the tests of iptables' own extensions are looked for: what
// IPTABLES_EXTENSIONS names, or where a source package is unpacked.
var corpusDirs = []string{os.Getenv("IPTABLES_EXTENSIONS"), "/usr/src/iptables-1.8.9/extensions", "/usr/src/iptables/extensions"}

// A corpusLine is a line of an extension's tests for one chain: a rule, what iptables-save
// makes of it, and whether it is taken.
type corpusLine struct {
	at           string // file and line
	table, chain string
	v6           bool
	rule, saved  string
	ok           bool
}

// corpus returns the files of tests of the extensions that are here, and the lines of each.
func corpus(t *testing.T) map[string][]corpusLine {
	for _, dir := range corpusDirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.t"))
		require.NoError(t, err)
		if dir == "" || len(files) == 0 {
			continue
		}
		all := make(map[string][]corpusLine)
		for _, file := range files {
			if name := strings.TrimSuffix(filepath.Base(file), ".t"); supported(name) {
				all[name] = readCorpus(t, file)
			}
		}
		return all
	}
	t.Skip("needs extensions/*.t of the sources of iptables 1.8.9 (apt-get source iptables), in the folder that IPTABLES_EXTENSIONS names")
	return nil
}

// supported reports whether a file is about something that is here: libxt_ is for both
// families, but tested by iptables alone.
func supported(file string) bool {
	if file == "iptables" {
		return true
	}
	family, name, _ := strings.Cut(file, "_")
	switch {
	case !slices.Contains([]string{"libxt", "libipt", "libip6t"}, family):
		return false
	case name == "standard":
		return true
	}
	return matchNamed(name, family == "libip6t") != nil || targetKinds[name] != nil
}

func readCorpus(t *testing.T, file string) []corpusLine {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	v6 := strings.HasPrefix(filepath.Base(file), "libip6t_")
	table, chains := "filter", []string(nil)
	var all []corpusLine
	for i, line := range lines(string(text)) {
		switch {
		case line == "", strings.ContainsAny(line[:1], "#@%"):
			continue
		case line[0] == ':':
			chains = strings.Split(line[1:], ",")
			continue
		case line[0] == '*':
			table = line[1:]
			continue
		}
		f := strings.Split(strings.TrimSpace(line), ";")
		require.GreaterOrEqual(t, len(f), 3, line)
		if f[1] == "=" || f[1] == "" {
			f[1] = f[0]
		}
		result := f[2]
		if len(f) > 3 && f[3] == "LEGACY" { // of iptables-legacy; what nf_tables makes of it follows or is the opposite
			if result = map[string]string{"OK": "FAIL", "FAIL": "OK", "NOMATCH": "OK"}[result]; len(f) > 4 {
				result = f[4]
			}
		}
		if result == "NOMATCH" { // taken, and saved as something else
			continue
		}
		for _, chain := range chains {
			all = append(all, corpusLine{fmt.Sprintf("%s:%d", filepath.Base(file), i+1), table, chain, v6, f[0], f[1], result == "OK"})
		}
	}
	return all
}

// TestCorpus runs the tests that iptables' extensions have for themselves. Of those that are
// here 99 % have to be as the real iptables 1.8.9 is.
func TestCorpus(t *testing.T) {
	t.Parallel()
	all, passed, lines := corpus(t), 0, 0
	var names []string
	for name, file := range all {
		right := 0
		for _, l := range file {
			if err := l.try(); err != nil {
				t.Logf("%s: %v", l.at, err)
				continue
			}
			right++
		}
		names = append(names, fmt.Sprintf("%s %d/%d", name, right, len(file)))
		passed, lines = passed+right, lines+len(file)
	}
	slices.Sort(names)
	t.Logf("%d of %d (%.1f %%): %s", passed, lines, 100*float64(passed)/float64(lines), strings.Join(names, ", "))
	assert.GreaterOrEqual(t, float64(passed), 0.99*float64(lines))
}

// try runs the line and compares what -S shows. What was taken must go again by -D.
func (l *corpusLine) try() error {
	args, err := words.Split(l.rule)
	if err != nil {
		return err
	}
	rs := newRuleset(l.v6)
	run := func(command string) error {
		return Run(io.Discard, rs, append([]string{"-t", l.table, command, l.chain}, args...)...)
	}
	switch err := run("-A"); {
	case !l.ok && err == nil:
		return fmt.Errorf("%s is taken", l.rule)
	case !l.ok:
		return nil
	case err != nil:
		return fmt.Errorf("%s is refused: %w", l.rule, err)
	}
	var saved string
	for r := range rs.Rules(nat.Chain(l.table + "/" + l.chain)) {
		saved = r.String()
	}
	if saved != l.saved {
		return fmt.Errorf("%s is saved as %s", l.rule, saved)
	}
	return run("-D")
}

// TestCorpusLikeTheRealOne gives the same lines to the real iptables, and compares what both
// say and save. The line of the real one decides where the two differ.
func TestCorpusLikeTheRealOne(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	var script, want strings.Builder
	for _, file := range corpus(t) {
		for _, l := range file {
			if strings.Contains(l.rule, "'") || l.chain != file[0].chain { // one chain of several
				continue
			}
			program := programName(l.v6, false)
			command := fmt.Sprintf("%s -t %s -A %s %s", program, l.table, l.chain, l.rule)
			fmt.Fprintf(&script, "echo '%s'; %s 2>&1 || echo =$?; %s -t %s -S %s; %[3]s -t %[4]s -F %[5]s\n",
				command, shell(t, command), program, l.table, l.chain)
			fmt.Fprintln(&want, command)
			rs := newRuleset(l.v6)
			args, err := words.Split(command)
			require.NoError(t, err)
			if err := Run(&want, rs, args[1:]...); err != nil {
				ce := (*Error)(nil)
				require.True(t, errors.As(err, &ce))
				fmt.Fprintf(&want, "%v\n=%d\n", err, ce.ExitCode())
			}
			require.NoError(t, Run(&want, rs, "-t", l.table, "-S", l.chain))
		}
	}
	assert.Equal(t, lines(string(inNamespace(t, script.String()))), lines(want.String()))
}
