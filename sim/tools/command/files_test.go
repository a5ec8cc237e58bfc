package command

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPath has names as a user writes them.
func TestPath(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"/etc/hosts": "etc/hosts", "x": "opt/web/x", "../x": "opt/x", "../../../../x": "x", "/": ".", "": "opt/web", "//a//b/": "a/b",
	} {
		require.Equal(t, want, (&Call{Dir: "/opt/web"}).Path(name), name)
	}
}

// TestOpenStreams has the streams of a call as files, and a machine that has none.
func TestOpenStreams(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	table := Table{"open": func(_ context.Context, c *Call) int {
		in, err := c.ReadFile("/dev/stdin")
		require.NoError(t, err)
		f, err := c.OpenFile("/dev/stdout", os.O_WRONLY, 0)
		require.NoError(t, err)
		fmt.Fprintf(f, "%s", in)
		_, err = f.Read(in)
		require.Error(t, err)
		_, err = c.Open("/etc/hosts")
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.Equal(t, "No such file or directory", Reason(err))
		_, err = c.Open("")
		require.ErrorIs(t, err, fs.ErrNotExist)
		return 0
	}}
	require.Zero(t, table.Run(t.Context(), &Call{Args: []string{"open"}, Stdin: strings.NewReader("text"), Stdout: &out}))
	require.Equal(t, "text", out.String())
}
