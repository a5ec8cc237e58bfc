//go:build linux

package tty

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestLinux types the sessions at a terminal of the kernel. What that shows and gives to
// reads comes after a moment, so it is read until it is what is expected, or for a second.
func TestLinux(t *testing.T) {
	t.Parallel()
	for _, tt := range sessions {
		master, slave := open(t)
		_, err := unix.Write(master, []byte(tt.typed))
		require.NoError(t, err)
		shown := poll(t, master, tt.shown, func(b []byte) string { return string(b) })
		read := poll(t, slave, tt.read, func(b []byte) string { return "[" + string(b) + "]" })
		require.Equal(t, tt.read, read, "%q", tt.typed)
		require.Equal(t, tt.shown, shown, "%q", tt.typed)
	}
}

// open makes a terminal, or skips the test. It returns descriptors: a File would make them
// block.
func open(t *testing.T) (master, slave int) {
	master = openOne(t, "/dev/ptmx")
	require.NoError(t, unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	require.NoError(t, err)
	return master, openOne(t, "/dev/pts/"+strconv.Itoa(n))
}

func openOne(t *testing.T, name string) int {
	fd, err := unix.Open(name, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("needs terminals: %s: %v", name, err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// poll reads with a format for what one read gives.
func poll(t *testing.T, fd int, want string, format func([]byte) string) string {
	t.Helper()
	var got strings.Builder
	buf := make([]byte, 8<<10)
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		n, err := unix.Read(fd, buf)
		switch {
		case err == nil:
			got.WriteString(format(buf[:n]))
		case got.String() == want:
			return want
		default:
			time.Sleep(time.Millisecond)
		}
	}
	return got.String()
}
