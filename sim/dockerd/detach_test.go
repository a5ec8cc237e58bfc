package dockerd_test

import (
	"testing"

	"drydock/sim/dockerd"

	"github.com/stretchr/testify/require"
)

// TestDetach has keys that are held back, and those that are none.
func TestDetach(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		typed, keys, want string
		left              bool
	}{
		{"abc", "", "abc", false},
		{"abc\x10\x11def", "", "abc", true},
		{"\x10a", "", "\x10a", false},
		{"\x10\x10\x11", "", "\x10\x10\x11", false},
		{"\x10\x11\x10\x11", "", "", true},
		{"x\x10", "", "x", false},
		{"one,two", "ctrl-a", "one,two", false},
		{"a\x01b", "ctrl-a", "a", true},
		{"\x1b", "ctrl-[", "", true},
		{"\x00", "ctrl-@", "", true},
		{"aab", "a,b", "aab", false},
		{"a\x10\x11", "ctrl-A", "a", true},
	} {
		text, left := dockerd.ReadDetachable(tt.typed, tt.keys, 7)
		require.Equal(t, tt.want, text, "%q", tt.typed)
		require.Equal(t, tt.left, left, "%q", tt.typed)
	}
}
