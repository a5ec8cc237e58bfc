package neigh

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

var (
	me     = address("10.9.0.1")
	other  = address("10.9.0.99")
	seven  = address("10.9.0.7")
	seven6 = address("fd09::7")
)

func address(s string) tcpip.Address { return tcpip.AddrFromSlice(netip.MustParseAddr(s).AsSlice()) }

func macOf(name string) tcpip.LinkAddress {
	if name == "-" {
		return ""
	}
	return tcpip.LinkAddress([]byte{2, 0, 0, 0, 0, name[0] - 'a' + 1})
}

// A wire is a Link that notes what a table does.
type wire struct {
	t      testing.TB
	clock  *faketime.ManualClock
	table  *Table
	start  time.Duration
	deaf   tcpip.Error // what Ask returns
	within func()      // called by all methods

	mu  sync.Mutex // timers of the clock are goroutines
	log []string   // +checklocks:mu
}

func newWire(t testing.TB, seed uint64) *wire {
	w := &wire{t: t, clock: faketime.NewManualClock()}
	w.table = New(Config{Link: w, Clock: w.clock, Seed: seed})
	t.Cleanup(w.table.Close)
	return w
}

func (w *wire) note(format string, args ...any) {
	at := w.clock.NowMonotonic().Sub(tcpip.MonotonicTime{}) - w.start
	w.mu.Lock()
	w.log = append(w.log, fmt.Sprintf("%v ", at)+fmt.Sprintf(format, args...))
	w.mu.Unlock()
	if w.within != nil {
		w.within()
	}
}

func (w *wire) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.log
	w.log = nil
	return list
}

func (w *wire) Ask(a, local tcpip.Address, mac tcpip.LinkAddress) tcpip.Error {
	from := "anybody"
	if local.Len() > 0 {
		from = local.String()
	}
	w.note("ask %s for %v from %s", nameOf(mac), a, from)
	return w.deaf
}

func (w *wire) Send(pkt *stack.PacketBuffer, mac tcpip.LinkAddress) {
	w.note("send %s to %s", text(pkt), nameOf(mac))
}

func (w *wire) Fail(pkt *stack.PacketBuffer) { w.note("fail %s", text(pkt)) }

func (w *wire) Lose(pkt *stack.PacketBuffer) { w.note("lose %s", text(pkt)) }

func nameOf(mac tcpip.LinkAddress) string {
	if mac == "" {
		return "all"
	}
	return string(rune('a' + mac[5] - 1))
}

func text(pkt *stack.PacketBuffer) string {
	v := pkt.ToView()
	defer v.Release()
	b := v.AsSlice()
	return string(b[:min(len(b), 4)])
}

func packet(content string) *stack.PacketBuffer {
	return stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData([]byte(content))})
}

// send sends a packet to a neighbour, and returns to which MAC; "" if it waits.
func (w *wire) send(a tcpip.Address, content string) string {
	if mac, ok := w.table.Lookup(a); ok {
		return nameOf(mac)
	}
	pkt := packet(content)
	defer pkt.DecRef()
	mac, err := w.table.Resolve(a, me, false, pkt)
	require.Nil(w.t, err)
	w.clock.RunImmediatelyScheduledJobs()
	if mac == "" {
		return ""
	}
	return nameOf(mac)
}

// state returns "STALE a", and "-" for no entry.
func (w *wire) state(a tcpip.Address) string {
	list := w.table.List()
	i := slices.IndexFunc(list, func(n Neighbour) bool { return n.Addr == a })
	switch {
	case i < 0:
		return "-"
	case list[i].MAC == "":
		return list[i].State.String()
	}
	return list[i].State.String() + " " + nameOf(list[i].MAC)
}

// arp delivers an ARP packet of seven.
func (w *wire) arp(op header.ARPOp, mac tcpip.LinkAddress, to tcpip.Address, target tcpip.LinkAddress, toMe bool) {
	w.table.ReceiveARP(arpPacket(op, mac, seven, to, target), toMe, func(a tcpip.Address) bool { return a == me })
}

func arpPacket(op header.ARPOp, mac tcpip.LinkAddress, from, to tcpip.Address, target tcpip.LinkAddress) header.ARP {
	h := header.ARP(make([]byte, header.ARPSize))
	h.SetIPv4OverEthernet()
	h.SetOp(op)
	copy(h.HardwareAddressSender(), mac)
	copy(h.ProtocolAddressSender(), from.AsSlice())
	copy(h.HardwareAddressTarget(), target)
	copy(h.ProtocolAddressTarget(), to.AsSlice())
	return h
}
