package bench

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// openKernelBridge joins network namespaces by veth pairs to a bridge in one more.
// They have no names: the kernel removes them, and all that is in them, when the
// files that stand for them are closed, even if the process is killed.
func openKernelBridge(b *testing.B, n int) []pair {
	needRoot(b)
	if _, err := exec.LookPath("ip"); err != nil {
		b.Skip("needs the command ip of iproute2")
	}
	br := newNetns(b)
	br.ip(b, "link add br0 type bridge", "link set br0 up")
	pairs := make([]pair, n)
	for i := range pairs {
		pairs[i] = pair{br.addEnd(b, 2*i), br.addEnd(b, 2*i+1)}
	}
	return pairs
}

// addEnd joins a new namespace to the bridge in ns.
func (ns *netns) addEnd(b *testing.B, index int) *kernelEnd {
	e := newNetns(b)
	port := fmt.Sprint("veth", index)
	ns.ip(b,
		fmt.Sprintf("link add %s type veth peer name eth0 netns /proc/%d/fd/%d", port, os.Getpid(), e.file.Fd()),
		fmt.Sprintf("link set %s master br0 up", port))
	ip := fmt.Sprintf("172.18.%d.%d", (index+2)>>8, (index+2)&0xff)
	e.ip(b, "link set lo up", "link set eth0 up", "addr add "+ip+"/16 dev eth0")
	return &kernelEnd{ip, e.enter}
}

// A netns is a network namespace.
type netns struct{ file, home *os.File }

// newNetns returns a new namespace, which ends with b.
func newNetns(b *testing.B) *netns {
	ns := new(netns)
	unshared := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		var err error
		if ns.home, err = os.Open("/proc/thread-self/ns/net"); err == nil {
			err = os.NewSyscallError("unshare", unix.Unshare(unix.CLONE_NEWNET))
		}
		if err == nil {
			ns.file, err = os.Open("/proc/thread-self/ns/net")
		}
		unshared <- err
	}()
	if err := <-unshared; err != nil {
		b.Skip("needs network namespaces: ", err)
	}
	b.Cleanup(func() {
		ns.file.Close()
		ns.home.Close()
	})
	return ns
}

// enter runs fn on a thread that is in the namespace meanwhile.
func (ns *netns) enter(fn func() error) error {
	runtime.LockOSThread()
	if err := unix.Setns(int(ns.file.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return os.NewSyscallError("setns", err)
	}
	err := fn()
	if err := unix.Setns(int(ns.home.Fd()), unix.CLONE_NEWNET); err != nil {
		return os.NewSyscallError("setns", err) // still locked: the thread ends with the goroutine
	}
	runtime.UnlockOSThread()
	return err
}

// ip runs commands of ip(8) in the namespace.
func (ns *netns) ip(b *testing.B, commands ...string) {
	require.NoError(b, ns.enter(func() error {
		cmd := exec.Command("ip", "-batch", "-")
		cmd.Stdin = strings.NewReader(strings.Join(commands, "\n"))
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("ip: %w: %s", err, out)
		}
		return nil
	}))
}
