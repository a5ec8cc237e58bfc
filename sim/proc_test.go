package sim_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// TestProc has what a container sees in /proc while it runs.
func TestProc(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		time.Sleep(90*time.Second + 450*time.Millisecond)
		c, err := h.Create("web", sim.WithImage(sim.Image{Name: "nginx", Cmd: []string{"nginx", "-g", "daemon off;"}}))
		require.NoError(t, err)
		entries, err := fs.ReadDir(c.FS(), "proc")
		require.NoError(t, err)
		require.Empty(t, entries, "there is no process to see it")
		require.NoError(t, c.Start())
		l, err := c.Listen(t.Context(), "tcp4", ":80")
		require.NoError(t, err)
		defer l.Close()

		require.Equal(t, "90.45 90.45\n", cat(t, c.FS(), "proc/uptime"))
		require.Contains(t, cat(t, c.FS(), "proc/version"), "Linux version 6.1.0-")
		require.Contains(t, cat(t, c.FS(), "proc/net/tcp"), "   0: 00000000:0050 00000000:0000 0A ")
		require.Contains(t, cat(t, c.FS(), "proc/net/route"), "\neth0\t00000000\t010011AC\t0003\t")
		require.NotContains(t, cat(t, c.FS(), "proc/net/route"), "lo\t")
		require.Contains(t, cat(t, c.FS(), "proc/net/dev"), "\n  eth0: ")
		require.Empty(t, cat(t, c.FS(), "proc/net/if_inet6"))
		require.Contains(t, cat(t, h.FS(), "proc/net/if_inet6"), " 80 10 80       lo\n")
		_, err = c.Ping(t.Context(), "172.17.0.1", nil)
		require.NoError(t, err)
		require.Contains(t, cat(t, c.FS(), "proc/net/arp"), "\n172.17.0.1       0x1         0x2         02:42:")
		require.Equal(t, c.Hostname()+"\n", cat(t, c.FS(), "proc/sys/kernel/hostname"))
		require.Contains(t, cat(t, c.FS(), "proc/1/environ"), "HOSTNAME="+c.Hostname()+"\x00HOME=/root\x00")
		require.Equal(t, "/sbin/init\x00", cat(t, h.FS(), "proc/1/cmdline"))

		require.NoError(t, c.Kill())
		_, err = fs.ReadFile(c.FS(), "proc/uptime")
		require.ErrorIs(t, err, fs.ErrNotExist)
	})
}

// TestProcSys: sysctls are read everywhere, and written on machines and in privileged
// containers.
func TestProcSys(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "c1")
	const forward = "proc/sys/net/ipv4/ip_forward"
	set := func(f command.Files, name, value string) string {
		file, err := f.OpenFile(name, os.O_WRONLY|os.O_TRUNC, 0)
		if err != nil {
			return command.Reason(err)
		}
		defer file.Close()
		if _, err = file.Write([]byte(value + "\n")); err != nil {
			return command.Reason(err)
		}
		return ""
	}
	require.Equal(t, "1\n", cat(t, h.FS(), forward))
	require.Equal(t, "1\n", cat(t, c.FS(), forward))
	require.Equal(t, "Read-only file system", set(c.FS(), forward, "0"))
	require.Empty(t, set(h.FS(), forward, "0"))
	require.Equal(t, "0\n", cat(t, h.FS(), forward))
	value, err := h.Sysctl("net.ipv4.ip_forward")
	require.NoError(t, err)
	require.Equal(t, "0", value)
	require.Equal(t, "Invalid argument", set(h.FS(), forward, "x"))
	require.Equal(t, "Permission denied", set(h.FS(), "proc/sys/net/core/somaxconn", "1"))
	require.Equal(t, "No such file or directory", set(h.FS(), "proc/sys/net/ipv4/nosuch", "1"))
	entries, err := fs.ReadDir(c.FS(), "proc/sys/net/ipv4/conf")
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.Equal(t, "all default eth0 lo", strings.Join(names, " "))
}
