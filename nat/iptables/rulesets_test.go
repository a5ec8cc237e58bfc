package iptables

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A foreign is a set of rules such as a well-known program makes, as input for
// iptables-restore, and what iptables-save 1.8.9 prints afterwards.
type foreign struct {
	name         string
	v6           bool
	input, saved string
	missing      string // a match or a target of it that is not here
}

// foreigns returns those of testdata/rulesets. Names that end in 6 are of ip6tables.
func foreigns(t *testing.T) []foreign {
	files, err := filepath.Glob("testdata/rulesets/*.rules")
	require.NoError(t, err)
	require.Greater(t, len(files), 10)
	var all []foreign
	for _, file := range files {
		input, err := os.ReadFile(file)
		require.NoError(t, err)
		f := foreign{name: strings.TrimSuffix(filepath.Base(file), ".rules"), input: string(input)}
		f.v6 = strings.HasSuffix(f.name, "6")
		if needs := strings.SplitN(f.input, "# needs ", 2); len(needs) == 2 {
			for _, name := range strings.Fields(lines(needs[1])[0]) {
				if matchNamed(name, f.v6) == nil && targetKinds[name] == nil {
					f.missing = name
				}
			}
		}
		if *update {
			f.saved = f.real(t)
			require.NoError(t, os.WriteFile(f.golden(), []byte(f.saved), 0o600))
		}
		saved, err := os.ReadFile(f.golden())
		require.NoError(t, err)
		f.saved = string(saved)
		all = append(all, f)
	}
	return all
}

func (f *foreign) golden() string { return "testdata/rulesets/" + f.name + ".saved" }

// real is what the real programs make of the set in a namespace of its own.
func (f *foreign) real(t *testing.T) string {
	program := programName(f.v6, false)
	return withoutDates(string(inNamespace(t, fmt.Sprintf("%s-restore <<'EOF'\n%sEOF\n%[1]s-save\n", program, f.input))))
}

// TestForeignRulesets loads the sets whole, saves them as the real one does, and loads what
// was saved.
func TestForeignRulesets(t *testing.T) {
	t.Parallel()
	for _, f := range foreigns(t) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			if f.missing != "" {
				t.Skip("there is no", f.missing)
			}
			for _, input := range []string{f.input, f.saved} {
				rs := newRuleset(f.v6)
				require.NoError(t, Restore(rs, strings.NewReader(input)))
				var out strings.Builder
				require.NoError(t, Save(&out, rs))
				assert.Equal(t, lines(f.saved), lines(withoutDates(out.String())))
			}
		})
	}
}

// TestForeignRulesetsLikeTheRealOne restores and saves them with the real programs.
func TestForeignRulesetsLikeTheRealOne(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the real programs")
	}
	for _, f := range foreigns(t) {
		assert.Equal(t, lines(f.saved), lines(f.real(t)), f.name)
	}
}
