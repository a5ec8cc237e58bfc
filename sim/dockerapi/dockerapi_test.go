package dockerapi_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"drydock/sim/dockerapi"

	"github.com/stretchr/testify/require"
)

// arrayRE finds what inspect prints in a recorded session.
var arrayRE = regexp.MustCompile(`(?m)^\[\n(?: .*\n)+\]$`)

// TestRecorded: what Docker tells of containers and networks is the same when it has
// gone through the types, and they tell nothing that Docker does not.
func TestRecorded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file    string
		through func() any
		want    int
		without []string // the fields that the types leave out, by the object that has them
	}{
		{"../testdata/12-inspect.txt", func() any { return new([]dockerapi.Container) }, 8, []string{"", "HostConfig", "Config"}},
		{"testdata/networks.txt", func() any { return new([]dockerapi.Network) }, 9, nil},
	} {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(tt.file)
			require.NoError(t, err)
			recorded := arrayRE.FindAll(text, -1)
			require.Len(t, recorded, tt.want)
			for _, r := range recorded {
				value := tt.through()
				require.NoError(t, json.Unmarshal(r, value))
				again, err := json.Marshal(value)
				require.NoError(t, err)
				var want, got []map[string]any
				require.NoError(t, json.Unmarshal(r, &want))
				require.NoError(t, json.Unmarshal(again, &got))
				for _, name := range tt.without {
					keepOnly(object(want[0], name), object(got[0], name))
				}
				require.Equal(t, want, got)
			}
		})
	}
}

// object returns the object of a name in m, m itself for "".
func object(m map[string]any, name string) map[string]any {
	if name == "" {
		return m
	}
	return m[name].(map[string]any)
}

// keepOnly deletes from m the keys that kept has not.
func keepOnly(m, kept map[string]any) {
	for _, key := range slices.Collect(maps.Keys(m)) {
		if _, ok := kept[key]; !ok {
			delete(m, key)
		}
	}
}
