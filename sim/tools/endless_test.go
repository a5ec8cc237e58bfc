package tools_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/images"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEndless has what reads or writes without end: it ends with its process, and needs no
// memory for what it has read.
func TestEndless(t *testing.T) {
	t.Parallel()
	box := simtest.Run(t, simtest.NewHost(t), "box", sim.WithImage(images.CentOS()), sim.WithCommand("sleep", "inf"))
	for _, line := range []string{
		"cat /dev/zero >/dev/null", "cat </dev/zero >/dev/null", "wc -c /dev/zero", "wc -c </dev/zero", "tr a b </dev/zero >/dev/null",
		"tee x </dev/zero >/dev/null; cat /dev/zero >/dev/null", "md5sum /dev/zero", "head -c 999999999999 /dev/zero >/dev/null",
		"head -n 1 /dev/zero >/dev/null", "yes >/dev/null", "while :; do :; done",
	} {
		cmd := box.Exec(t.Context(), "bash", "-c", line)
		var said strings.Builder
		cmd.Stdout, cmd.Stderr = &said, io.Discard
		require.NoError(t, cmd.Start())
		time.Sleep(10 * time.Millisecond) // it runs, or is about to
		cmd.Signal(command.SIGKILL)
		require.Equal(t, sim.ExitStatus(command.Killed), cmd.Wait(), line)
		require.Empty(t, said.String(), line)
	}
	for _, line := range []string{
		"sed -f /dev/zero", "sysctl -p /dev/zero", "sort /dev/zero", "xargs echo </dev/zero", "grep -f /dev/zero x", "awk -f /dev/zero x",
		"source /dev/zero", "x=$(cat /dev/zero)",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		out, _ := box.Exec(ctx, "bash", "-c", line).CombinedOutput()
		cancel()
		assert.Less(t, len(out), 200, line)
	}
	out, err := box.Exec(t.Context(), "bash", "-c", "cat /dev/zero >full").CombinedOutput()
	require.Equal(t, sim.ExitStatus(1), err)
	require.Equal(t, "cat: write error: No space left on device\n", string(out))
	require.NoError(t, box.Kill())
}
