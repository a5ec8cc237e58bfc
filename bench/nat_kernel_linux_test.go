package bench

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// openKernelNAT has the topology of openDrydockNAT in network namespaces, and the same
// rules: the kernel restores what drydock saves.
func openKernelNAT(b *testing.B) natLab {
	needNetns(b)
	const restore = "iptables-restore"
	if _, err := exec.LookPath(restore); err != nil {
		b.Skip("needs the command iptables-restore of iptables")
	}
	lan, host, outside, inside := newNetns(b), newNetns(b), newNetns(b), newNetns(b)
	lan.addBridge(b, "br0")
	lan.plug(b, "br0", "veth0", outside, outsideAddr.String())
	lan.plug(b, "br0", "veth1", host, hostOutside.String())
	host.addBridge(b, "docker0")
	host.ip(b, "addr add "+hostInside.String()+" dev docker0")
	host.plug(b, "docker0", "veth0", inside, insideAddr.String())
	outside.ip(b, "route add "+insideAddr.Masked().String()+" via "+hostOutside.Addr().String())
	inside.ip(b, "route add default via "+hostInside.Addr().String())

	require.NoError(b, host.enter(func() error {
		return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0)
	}))
	if err := host.run(dockerRules(b), restore); err != nil {
		b.Skip("needs netfilter: ", err)
	}
	return natLab{&kernelEnd{outsideAddr.Addr().String(), outside.enter}, &kernelEnd{insideAddr.Addr().String(), inside.enter}}
}
