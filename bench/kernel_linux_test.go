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
	needNetns(b)
	lan := newNetns(b)
	lan.addBridge(b, "br0")
	join := func(index int) *kernelEnd {
		e, ip := newNetns(b), fmt.Sprintf("172.18.%d.%d", (index+2)>>8, (index+2)&0xff)
		lan.plug(b, "br0", fmt.Sprint("veth", index), e, ip+"/16")
		return &kernelEnd{ip, e.enter}
	}
	pairs := make([]pair, n)
	for i := range pairs {
		pairs[i] = pair{join(2 * i), join(2*i + 1)}
	}
	return pairs
}

func needNetns(b *testing.B) {
	needRoot(b)
	if _, err := exec.LookPath("ip"); err != nil {
		b.Skip("needs the command ip of iproute2")
	}
}

// addBridge makes a bridge.
func (ns *netns) addBridge(b *testing.B, name string) {
	ns.ip(b, "link add "+name+" type bridge", "link set "+name+" up")
}

// plug joins a namespace by its eth0, which gets an address, to a bridge in ns.
func (ns *netns) plug(b *testing.B, bridge, port string, other *netns, prefix string) {
	ns.ip(b,
		fmt.Sprintf("link add %s type veth peer name eth0 netns /proc/%d/fd/%d", port, os.Getpid(), other.file.Fd()),
		fmt.Sprintf("link set %s master %s up", port, bridge))
	other.ip(b, "link set lo up", "link set eth0 up", "addr add "+prefix+" dev eth0")
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
	require.NoError(b, ns.run(strings.Join(commands, "\n"), "ip", "-batch", "-"))
}

// run runs a command in the namespace that reads input.
func (ns *netns) run(input, name string, args ...string) error {
	return ns.enter(func() error {
		cmd := exec.Command(name, args...)
		cmd.Stdin = strings.NewReader(input)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", name, err, out)
		}
		return nil
	})
}
