package recorded

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// results are comparisons by session and release.
type results map[string]map[sim.Release]comparison

func (r results) add(release sim.Release, session string, c comparison) {
	if r[session] == nil {
		r[session] = make(map[sim.Release]comparison)
	}
	r[session][release] = c
}

const table = "EQUAL.md"

// check compares the results with the table, as far as the test ran them.
func (r results) check(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(table)
	require.NoError(t, err)
	head, rows, ok := strings.Cut(string(text), rule0)
	require.True(t, ok, "%s has no table", table)
	want := readRows(rows)
	got := maps.Clone(want)
	for session, by := range r {
		cells := slices.Clone(want[session])
		if cells == nil {
			cells = make([]string, len(releases))
		}
		for i, release := range releases {
			if c, ran := by[release]; ran {
				cells[i] = fmt.Sprintf("%d of %d", c.equal, c.of)
			}
		}
		got[session] = cells
	}
	if *update {
		require.NoError(t, os.WriteFile(table, []byte(head+rule0+writeRows(got)), 0o644))
		return
	}
	for session, cells := range got {
		for i, release := range releases {
			if want := want[session]; want == nil || want[i] != cells[i] {
				t.Errorf("%s of %s: %q lines are equal, and not %q as %s has it: see -diff, and -update if that is right", session, release, cells[i], want, table)
			}
		}
	}
}

const rule0 = "|---|---|---|---|\n"

// readRows returns the cells by session.
func readRows(text string) map[string][]string {
	rows := make(map[string][]string)
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(line, "|\n"), "|")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
		}
		if cells[0] != "all" && len(cells) > 1 {
			rows[cells[0]] = cells[1:]
		}
	}
	return rows
}

func writeRows(rows map[string][]string) string {
	var b strings.Builder
	equal, of := make([]int, len(releases)), make([]int, len(releases))
	for _, session := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&b, "| %s | %s |\n", session, strings.Join(rows[session], " | "))
		for i, cell := range rows[session] {
			var e, o int
			fmt.Sscanf(cell, "%d of %d", &e, &o)
			equal[i], of[i] = equal[i]+e, of[i]+o
		}
	}
	b.WriteString("| all |")
	for i := range releases {
		fmt.Fprintf(&b, " %d of %d |", equal[i], of[i])
	}
	return b.String() + "\n"
}
