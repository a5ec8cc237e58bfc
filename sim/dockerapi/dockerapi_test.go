package dockerapi_test

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"drydock/sim/dockerapi"

	"github.com/stretchr/testify/require"
)

// arrayRE finds what inspect prints in a recorded session.
var arrayRE = regexp.MustCompile(`(?m)^\[\n(?: .*\n)+\]$`)

// TestRecorded: what Docker tells of containers and networks is the same when it has
// gone through the types, field by field in Docker's order.
func TestRecorded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file    string
		through func() any
		want    int
	}{
		{"../testdata/12-inspect.txt", func() any { return new([]dockerapi.Container) }, 8},
		{"testdata/networks.txt", func() any { return new([]dockerapi.Network) }, 9},
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
				again, err := json.MarshalIndent(value, "", "    ")
				require.NoError(t, err)
				require.Equal(t, string(r), string(again))
			}
		})
	}
}

// TestWords: a command may be one text.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want dockerapi.Words
	}{
		{`["sh","-c","true"]`, dockerapi.Words{"sh", "-c", "true"}},
		{`"date"`, dockerapi.Words{"date"}},
		{`""`, dockerapi.Words{""}},
		{`null`, nil},
		{`[]`, dockerapi.Words{}},
	} {
		var c dockerapi.Config
		require.NoError(t, json.Unmarshal([]byte(`{"Cmd":`+tt.text+`}`), &c))
		require.Equal(t, tt.want, c.Cmd, tt.text)
	}
	require.Error(t, json.Unmarshal([]byte(`{"Cmd":{"a":1}}`), new(dockerapi.Config)))
}
