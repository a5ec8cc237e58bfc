package files_test

import (
	"testing"
	"testing/fstest"

	"drydock/sim/internal/files"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// TestPrograms has the commands of a table where they are found, as a file system that holds what
// those promise.
func TestPrograms(t *testing.T) {
	t.Parallel()
	table := command.Table{"ls": nil, "ip": nil, "/entry.sh": nil}
	require.NoError(t, fstest.TestFS(files.Programs(table), "bin/ls", "usr/bin/ls", "sbin/ip", "usr/sbin/ip", "entry.sh"))
	_, err := files.Programs(table).Open("bin/ip")
	require.ErrorContains(t, err, "file does not exist")
}
