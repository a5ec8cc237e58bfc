package dockerd

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBindUnix: nobody changes the mode after the socket is there.
func TestBindUnix(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sock")
	l, err := bindUnix(path)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, l.Close())
	require.NoFileExists(t, path)
}
