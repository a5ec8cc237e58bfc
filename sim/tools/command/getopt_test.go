package command

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// options are -n, -q and -c VALUE, --src VALUE, --src-nat and --mark VALUE, which record their use.
func options(set *string) []Option {
	record := func(name, value string) error {
		*set += name
		if value != "" {
			*set += "=" + value
		}
		if value == "bad" {
			return errors.New("bad")
		}
		return nil
	}
	return []Option{
		{Names: "n", Set: record}, {Names: "q quiet", Set: record}, {Names: "c count", Value: true, Set: record},
		{Names: "src orig-src", Value: true, Set: record}, {Names: "src-nat", Set: record}, {Names: "mark", Value: true, Set: record},
	}
}

// TestGetopt has the rules of getopt_long(3), and what glibc prints.
func TestGetopt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args, set, rest, problem string
	}{
		{args: "-n host", set: "-n", rest: "host"},
		{args: "-nq -c4 host", set: "-n-q-c=4", rest: "host"},
		{args: "host -c 4", set: "-c=4", rest: "host"},
		{args: "-nc 4", set: "-n-c=4"},
		{args: "-- -n", rest: "-n"},
		{args: "a -- --mark b", rest: "a --mark b"},
		{args: "-", rest: "-"},
		{args: "-c -4", set: "-c=-4"},
		{args: "-c", problem: "option requires an argument -- 'c'"},
		{args: "-nz", set: "-n", problem: "invalid option -- 'z'"},
		{args: "-:", problem: "invalid option -- ':'"},
		{args: "-m", problem: "invalid option -- 'm'"},
		{args: "--mark 3 x", set: "--mark=3", rest: "x"},
		{args: "--mark=3", set: "--mark=3"},
		{args: "--mark=", set: "--mark"},
		{args: "--ma=3", set: "--ma=3"},
		{args: "--src 1", set: "--src=1"},
		{args: "--src-n", set: "--src-n"},
		{args: "--sr 1", problem: "option '--sr' is ambiguous"},
		{args: "--orig 1", set: "--orig=1"},
		{args: "--c 1", set: "--c=1"},
		{args: "--n", problem: "unrecognized option '--n'"},
		{args: "--marks", problem: "unrecognized option '--marks'"},
		{args: "--mark", problem: "option '--mark' requires an argument"},
		{args: "--quiet=1", problem: "option '--quiet' doesn't allow an argument"},
		{args: "-c bad -n", set: "-c=bad", problem: "bad"},
		{args: "--mark bad -n", set: "--mark=bad", problem: "bad"},
	}
	for _, tt := range tests {
		set := ""
		rest, err := Getopt(strings.Fields(tt.args), options(&set))
		assert.Equal(t, tt.set, set, tt.args)
		if tt.problem != "" {
			assert.EqualError(t, err, tt.problem, tt.args)
			continue
		}
		assert.NoError(t, err, tt.args)
		assert.Equal(t, tt.rest, strings.Join(rest, " "), tt.args)
	}
}

// FuzzGetopt checks that what is returned are arguments in their order, and that what is after
// "--" is never an option.
func FuzzGetopt(f *testing.F) {
	for _, s := range []string{"-nq -c4 host", "--ma=3 x", "-- -n", "-c", "--sr 1", "-\xff", "--=", "---"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		set := ""
		args := strings.Fields(line)
		rest, _ := Getopt(args, options(&set))
		left := args
		for _, r := range rest {
			i := slices.Index(left, r)
			if i < 0 {
				t.Fatalf("%q returns %q", args, rest)
			}
			left = left[i+1:]
		}
		set = ""
		if after, err := Getopt(append([]string{"--"}, args...), options(&set)); err != nil || set != "" || len(after) != len(args) {
			t.Errorf("after --: %q, %q, %v", after, set, err)
		}
	})
}
