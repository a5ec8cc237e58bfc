package conntrack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A kernel is Linux's own connection tracking in a network namespace of the calling
// thread: a router between two tun devices, which packets of the original direction
// and of the other arrive on. Nothing outside the namespace changes.
type kernel struct {
	t    *testing.T
	tuns [2]int // by Dir
}

// newKernel skips the test unless it is asked for, since it needs root, tun devices
// and iptables.
func newKernel(t *testing.T) *kernel {
	if os.Getenv("CONNTRACK_KERNEL") == "" {
		t.Skip("compares with the kernel's own connection tracking only if CONNTRACK_KERNEL is set; needs root")
	}
	runtime.LockOSThread() // never unlocked: the thread ends with its namespace
	require.NoError(t, unix.Unshare(unix.CLONE_NEWNET))
	k := &kernel{t: t}
	for d, name := range []string{"tun0", "tun1"} {
		k.tuns[d] = openTun(t, name)
		k.run("ip", "addr", "add", fmt.Sprintf("10.0.%d.254/24", d), "dev", name)
		k.run("ip", "link", "set", "dev", name, "up")
	}
	k.run("iptables", "-A", "FORWARD", "-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP")
	for key, value := range map[string]string{
		"ipv4/ip_forward": "1", "ipv4/conf/all/rp_filter": "0",
		"netfilter/nf_conntrack_checksum":               "0",
		"netfilter/nf_conntrack_tcp_be_liberal":         "1",
		"netfilter/nf_conntrack_tcp_ignore_invalid_rst": "1",
	} {
		require.NoError(t, os.WriteFile("/proc/sys/net/"+key, []byte(value), 0))
	}
	return k
}

func openTun(t *testing.T, name string) int {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK, 0)
	require.NoError(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	req, err := unix.NewIfreq(name)
	require.NoError(t, err)
	req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TUNSETIFF, uintptr(unsafe.Pointer(req)))
	require.Zero(t, errno)
	return fd
}

func (k *kernel) run(name string, args ...string) {
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoError(k.t, err, "%s %q: %s", name, args, out)
}

// send has the router forward a packet, and reports whether it did.
func (k *kernel) send(d Dir, packet []byte) bool {
	n, err := unix.Write(k.tuns[d], packet)
	require.NoError(k.t, err)
	require.Equal(k.t, len(packet), n)
	passed := false
	for buf := make([]byte, 2000); ; {
		n, err := unix.Read(k.tuns[1-d], buf)
		if errors.Is(err, unix.EAGAIN) {
			return passed
		}
		require.NoError(k.t, err)
		// The namespace has things of its own to say, such as router solicitations.
		passed = passed || n == len(packet) && bytes.Equal(buf[12:n], packet[12:])
	}
}

// line returns the entry of a source port as "conntrack -L" prints it; "" for none.
func (k *kernel) line(proto string, port uint16) string {
	text, err := os.ReadFile("/proc/thread-self/net/nf_conntrack")
	require.NoError(k.t, err)
	for l := range strings.Lines(string(text)) {
		if strings.Contains(l, proto) && strings.Contains(l, fmt.Sprintf("sport=%d dport=80 ", port)) {
			return recordedLine(strings.TrimSpace(l))
		}
	}
	return ""
}

// ipv4 returns a packet of a tuple.
func ipv4(t Tuple, body []byte) []byte {
	b := make([]byte, 20, 20+len(body))
	b[0], b[8], b[9] = 0x45, 64, t.Proto
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(body)))
	src, dst := t.Src.As4(), t.Dst.As4()
	copy(b[12:], src[:])
	copy(b[16:], dst[:])
	sum := uint32(0)
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	binary.BigEndian.PutUint16(b[10:], ^uint16(sum+sum>>16))
	return append(b, body...)
}

func tcpSegment(t Tuple, p Packet) []byte {
	b := make([]byte, 20+p.Payload)
	binary.BigEndian.PutUint16(b[0:], t.SrcPort)
	binary.BigEndian.PutUint16(b[2:], t.DstPort)
	binary.BigEndian.PutUint32(b[4:], p.Seq)
	binary.BigEndian.PutUint32(b[8:], p.Ack)
	b[12], b[13] = 5<<4, p.Flags
	binary.BigEndian.PutUint16(b[14:], 1000)
	return ipv4(t, b)
}

// Random segments lead the kernel's tracking and ours through the same states.
func TestTCPAsKernel(t *testing.T) {
	k := newKernel(t)
	b := &bed{t: t, Table: NewTable(Config{})} // in real time, as the kernel
	random := newRandom(t)
	flags := []uint8{flagSYN, flagSYN | flagACK, flagACK, flagACK, flagACK | flagPSH, flagFIN | flagACK, flagRST, flagRST | flagACK, 0}
	for port := uint16(1024); port < 1024+300; port++ {
		orig := tuple(fmt.Sprintf("tcp 10.0.0.1:%d 10.0.1.1:80", port))
		reply, _ := orig.Invert()
		var history []string
		odd := false
		for step := range 16 {
			d, f := Dir(random()&1), flags[random()%uint64(len(flags))]
			switch { // most of them open a connection first
			case step == 0 && random()%8 != 0:
				d, f = Original, flagSYN
			case step == 1 && random()%4 != 0:
				d, f = Reply, flagSYN|flagACK
			case step == 2 && random()%4 != 0:
				d, f = Original, flagACK
			}
			// All that comes later bears the numbers that follow the SYNs, but for some
			// SYNs and their answers. After those the kernel does not believe a RST.
			if odd && f&flagRST != 0 {
				f = flagACK
			}
			p := Packet{Flags: f, Seq: 1001, Ack: 1001, Size: 40}
			if f&flagSYN != 0 {
				p.Seq = 1000
				if random()%4 == 0 {
					odd = true
					p.Seq, p.Ack = p.Seq-500, p.Ack-500
				}
			}
			tup := orig
			if d == Reply {
				tup = reply
			}
			passed := k.send(d, tcpSegment(tup, p))
			history = append(history, fmt.Sprintf("%d:%05b:%d:%d", d, f, p.Seq, p.Ack))
			c, _, err := b.Track(&tup, &p)
			if err == nil && !c.has(Dying) {
				_, err = b.Confirm(c)
			}
			require.Equal(t, passed, err == nil, "%v", history)
			requireAlike(t, k.line("tcp", port), b.mine(port), history)
		}
		b.Delete(func(Entry) bool { return true })
	}
}

// mine returns the line of the connection of a source port.
func (b *bed) mine(port uint16) string {
	for e := range b.Entries() {
		if e.Original.SrcPort == port || e.Reply.SrcPort == port {
			return e.String()
		}
	}
	return ""
}

// requireAlike compares lines of the kernel and ours. The timeout may differ by what
// passes between the two, or be the five minutes that the kernel gives established
// connections with retransmitted or unacknowledged data.
func requireAlike(t *testing.T, kernel, ours string, history []string) {
	k, o := strings.Fields(kernel), strings.Fields(ours)
	require.Equal(t, len(k), len(o), "%q %q %v", kernel, ours, history)
	if len(k) == 0 {
		return
	}
	kernelLeft, err := strconv.Atoi(k[2])
	require.NoError(t, err)
	left, err := strconv.Atoi(o[2])
	require.NoError(t, err)
	if left < 431000 || kernelLeft > 300 {
		require.InDelta(t, left, kernelLeft, 2, "%q %v", kernel, history)
	}
	k[2], o[2] = "", ""
	require.Equal(t, k, o, "%v", history)
}
