package busybox

import (
	"testing"

	"drydock/sim/simtest"
)

// TestPS has the columns of BusyBox 1.35.
func TestPS(t *testing.T) {
	t.Parallel()
	h := simtest.NewMachine(t)
	session{
		{"ps", 0, "PID   USER     TIME  COMMAND\n    1 root      0:00 /sbin/init\n    2 root      0:00 busybox ps\n"},
		{"ps aux", 0, "PID   USER     TIME  COMMAND\n    1 root      0:00 /sbin/init\n    3 root      0:00 busybox ps aux\n"},
		{"ps -x", 1, "ps: invalid option -- 'x'\n" + banner + "\nUsage: ps\n\nShow list of processes\n"},
	}.run(t, h)
}
