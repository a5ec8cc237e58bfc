package shell_test

import (
	"bufio"
	"fmt"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// TestSocket has bash connect to what redirections name.
func TestSocket(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		cli := simtest.Run(t, h, "cli", sim.WithImage(sim.Image{Commands: commands()}))
		web := simtest.Run(t, h, "web")
		l, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		go func() { // upper-case lines
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer conn.Close()
					for lines := bufio.NewScanner(conn); lines.Scan(); {
						fmt.Fprintln(conn, strings.ToUpper(lines.Text()))
					}
				}()
			}
		}()
		cmd := func(shell, line string) string {
			out, err := cli.Exec(t.Context(), shell, "-c", line).CombinedOutput()
			if err != nil {
				return string(out) + err.Error()
			}
			return string(out)
		}
		const refused = "bash: connect: Connection refused\nbash: line 1: /dev/tcp/172.17.0.3/81: Connection refused\nexit status 1"
		for line, want := range map[string]string{
			"exec 3<>/dev/tcp/172.17.0.3/80; echo one >&3; read x <&3; echo $x; echo two >&3; head -1 <&3": "ONE\nTWO\n",
			"echo > /dev/tcp/172.17.0.3/81":          refused,
			"echo > /dev/tcp/172.17.0.3/65617":       strings.ReplaceAll(refused, "/81", "/65617"),
			"echo > /dev/udp/172.17.0.3/81; echo $?": "0\n",
			"echo > /dev/tcp/172.17.0.3/nosuch":      "bash: line 1: nosuch: Servname not supported for ai_socktype\nbash: line 1: /dev/tcp/172.17.0.3/nosuch: Invalid argument\nexit status 1",
			"echo > /dev/tcp//80":                    "bash: line 1: : Name or service not known\nbash: line 1: /dev/tcp//80: Invalid argument\nexit status 1",
			"echo > /dev/tcp/172.17.0.3":             "bash: line 1: /dev/tcp/172.17.0.3: No such file or directory\nexit status 1",
		} {
			require.Equal(t, want, cmd("bash", line), line)
		}
		require.Contains(t, cmd("sh", "echo > /dev/tcp/172.17.0.3/80"), "cannot create")
		start := time.Now()
		waits := cli.Exec(t.Context(), "bash", "-c", "exec 3<>/dev/tcp/172.17.0.3/80; cat <&3")
		require.NoError(t, waits.Start())
		time.Sleep(time.Second)
		require.NoError(t, waits.Signal(command.SIGTERM))
		require.Equal(t, sim.ExitStatus(143), waits.Wait())
		require.Equal(t, time.Second, time.Since(start))
	})
}

// TestSocketWaits has who writes to a socket that nobody reads end by signals, and who reads after another
// has waited in vain find nothing amiss.
func TestSocketWaits(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		cli := simtest.Run(t, h, "cli", sim.WithImage(sim.Image{Commands: commands()}))
		web := simtest.Run(t, h, "web")
		l, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				time.AfterFunc(time.Second, func() { fmt.Fprintln(conn, "late") })
			}
		}()
		for _, line := range []string{
			"cat /dev/zero > /dev/tcp/172.17.0.3/80",
			"exec 3<>/dev/tcp/172.17.0.3/80; while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx >&3; done",
		} {
			cmd := cli.Exec(t.Context(), "bash", "-c", line)
			require.NoError(t, cmd.Start())
			time.Sleep(time.Minute)
			begun := time.Now()
			require.NoError(t, cmd.Signal(command.SIGTERM))
			require.Equal(t, sim.ExitStatus(143), cmd.Wait(), line)
			require.Zero(t, time.Since(begun))
		}
		for range 50 {
			out, err := cli.Exec(t.Context(), "bash", "-c", "exec 3<>/dev/tcp/172.17.0.3/80; timeout 1 head -c1 <&3; read x <&3; echo $x").CombinedOutput()
			require.NoError(t, err)
			require.Equal(t, "late\n", string(out))
		}
	})
}
