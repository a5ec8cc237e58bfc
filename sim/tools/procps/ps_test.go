package procps_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/procps"

	"github.com/stretchr/testify/require"
)

type machine struct {
	command.Machine
	processes command.Processes
}

func (m *machine) Processes() *command.Processes { return &m.processes }

// TestProcesses lists, finds and signals processes. PIDs are 1 for init, 2 and 3 for sleep.
func TestProcesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(8*time.Hour + 30*time.Minute)
		m := &machine{}
		m.processes.Init([]string{"/sbin/init"})
		table := procps.Commands()
		table["sleep"] = func(ctx context.Context, _ *command.Call) int { <-ctx.Done(); return command.Interrupted(ctx) }
		done := make(chan int)
		for _, arg := range []string{"10", "20"} {
			go func() { done <- table.Run(t.Context(), &command.Call{Machine: m, Args: []string{"sleep", arg}}) }()
			synctest.Wait()
		}
		time.Sleep(61 * time.Second)
		for _, tt := range []struct {
			line, want string
			status     int
		}{
			{"ps -ef", "UID          PID    PPID  C STIME TTY          TIME CMD\n" +
				"root           1       0  0 08:30 ?        00:00:00 /sbin/init\n" +
				"root           2       0  0 08:30 ?        00:00:00 sleep 10\n" +
				"root           3       0  0 08:30 ?        00:00:00 sleep 20\n" +
				"root           4       0  0 08:31 ?        00:00:00 ps -ef\n", 0},
			{"ps aux", "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n" +
				"root           1  0.0  0.0      0     0 ?        Ss   08:30   0:00 /sbin/init\n" +
				"root           2  0.0  0.0      0     0 ?        Ss   08:30   0:00 sleep 10\n" +
				"root           3  0.0  0.0      0     0 ?        Ss   08:30   0:00 sleep 20\n" +
				"root           5  0.0  0.0      0     0 ?        Rs   08:31   0:00 ps aux\n", 0},
			{"ps -p 2,3 -o pid=,comm,etime", "        COMMAND             ELAPSED\n      2 sleep                 01:01\n      3 sleep                 01:01\n", 0},
			{"ps -o pid,nosuch", "", 1},
			{"ps axo pid,args", "    PID COMMAND\n      1 /sbin/init\n      2 sleep 10\n      3 sleep 20\n      8 ps axo pid,args\n", 0},
			{"ps -C sleep -o pid -o comm", "    PID COMMAND\n      2 sleep\n      3 sleep\n", 0},
			{"ps -q2,3 --no-headers -o args", "sleep 10\nsleep 20\n", 0},
			{"ps aux -q3", "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n" +
				"root           3  0.0  0.0      0     0 ?        Ss   08:30   0:00 sleep 20\n", 0},
			{"ps -u nobody", "    PID TTY          TIME CMD\n", 1},
			{"ps --format=pid h 3", "      3\n", 0},
			{"ps zz", "", 1},
			{"pgrep -a sleep", "2 sleep 10\n3 sleep 20\n", 0},
			{"pgrep -f sleep.20", "3\n", 0},
			{"pidof sleep", "3 2\n", 0},
			{"kill -0 2", "", 0},
			{"kill 77", "", 1},
			{"pkill -INT -f sleep.20", "", 0},
			{"kill -s KILL 2", "", 0},
			{"pidof sleep", "", 1},
		} {
			var out strings.Builder
			status := table.Run(t.Context(), &command.Call{Machine: m, Args: strings.Fields(tt.line), Stdout: &out})
			require.Equal(t, tt.want, out.String(), tt.line)
			require.Equal(t, tt.status, status, tt.line)
			if strings.Contains(tt.line, "INT") {
				require.Equal(t, 130, <-done)
			} else if strings.Contains(tt.line, "KILL") {
				require.Equal(t, 137, <-done)
			}
			synctest.Wait()
		}
	})
}
