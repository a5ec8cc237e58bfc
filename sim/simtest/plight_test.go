package simtest

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// plightVariable says which of these tests is to fail: it ends the process that it runs in.
const plightVariable = "SIMTEST_PLIGHT"

// TestPlights runs tests whose bubble stands still in a process of their own.
func TestPlights(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"accept": {"simtest: Accept on web [::]:80\n"},
		"read":   {"simtest: Read on web [::]:53\n"},
		"timeout": {
			"simtest: Accept on web [::]:80\n",
			"simtest: Read on docker 172.17.0.1:", ", connected to 172.17.0.2:80\n",
		},
		"close": {"simtest: host \"forgotten\" was not closed: call Host.Close before the bubble ends\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exe, err := os.Executable()
			require.NoError(t, err)
			cmd := exec.Command(exe, "-test.run=^TestPlight$", "-test.timeout=5s")
			cmd.Env = append(os.Environ(), plightVariable+"="+name)
			out, err := cmd.CombinedOutput()
			require.Error(t, err)
			for _, line := range want {
				require.Contains(t, string(out), line)
			}
			require.Equal(t, name != "timeout", strings.Contains(string(out), "panic: deadlock: "))
			require.Equal(t, name == "close", strings.Contains(string(out), "was not closed"))
		})
	}
}

// TestPlight fails as TestPlights tells it.
func TestPlight(t *testing.T) {
	name := os.Getenv(plightVariable)
	if name == "" {
		t.Skip("TestPlights runs it")
	}
	VirtualTime(t, func(t *testing.T) {
		if name == "close" {
			_, err := sim.NewHost(sim.WithName("forgotten"), sim.WithVirtualTime())
			require.NoError(t, err)
			return
		}
		h := NewHost(t)
		web := Run(t, h, "web")
		if name == "read" {
			p, err := web.ListenPacket(t.Context(), "udp", ":53")
			require.NoError(t, err)
			p.ReadFrom(make([]byte, 1))
		}
		l, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		if name == "timeout" {
			c, err := h.DialContext(t.Context(), "tcp", "172.17.0.2:80")
			require.NoError(t, err)
			go c.Read(make([]byte, 1))
			_, err = l.Accept()
			require.NoError(t, err)
		}
		l.Accept()
	})
}

// TestSeedOnce checks that hosts of one test have the seed printed once.
func TestSeedOnce(t *testing.T) {
	t.Parallel()
	require.True(t, firstOf(t))
	require.False(t, firstOf(t))
	t.Run("another test", func(t *testing.T) { require.True(t, firstOf(t)) })
}
