package neigh

import (
	_ "embed"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// What Linux 6.18 made of these events, a line each. Everything concerns one neighbour, 10.9.0.7
// or fd09::7, and a letter is a MAC:
//
//	send, send6    a datagram to it
//	question       it asks for our address, by broadcast
//	other          it asks for somebody else's
//	announce       it asks for its own
//	announcereply  a broadcast reply with its own address as target
//	reply          a reply to us
//	replyall       a reply to us, but by broadcast
//	ns             its neighbour solicitation for our address
//	na             its advertisement with the flags solicited and override, or without a MAC
//	wait           seconds
//
//go:embed testdata/linux-6.18.txt
var linux string

// TestLinux has the table go through the states of Linux.
func TestLinux(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(linux) {
		line = strings.TrimSpace(line)
		w := newWire(t, 1)
		a := seven
		if strings.Contains(line, "send6") || strings.Contains(line, "na ") || strings.Contains(line, "ns ") {
			a = seven6
		}
		for step := range strings.SplitSeq(line, "; ") {
			event, want, ok := strings.Cut(step, " => ")
			require.True(t, ok, step)
			w.happen(strings.Fields(event))
			w.clock.Advance(30 * time.Millisecond)
			assert.Equal(t, want, w.state(a), "%s in: %s", step, line)
		}
	}
}

// happen has an event of linux happen.
func (w *wire) happen(e []string) {
	arg := func(i int) string { return e[i] }
	switch e[0] {
	case "send":
		w.send(seven, "data")
	case "send6":
		w.send(seven6, "data")
	case "wait":
		d, err := time.ParseDuration(arg(1) + "s")
		require.NoError(w.t, err)
		w.clock.Advance(d)
	case "question":
		w.arp(header.ARPRequest, macOf(arg(1)), me, "", false)
	case "other":
		w.arp(header.ARPRequest, macOf(arg(1)), other, "", false)
	case "announce":
		w.arp(header.ARPRequest, macOf(arg(1)), seven, "", false)
	case "announcereply":
		w.arp(header.ARPReply, macOf(arg(1)), seven, macOf(arg(1)), false)
	case "reply":
		w.arp(header.ARPReply, macOf(arg(1)), me, macOf("z"), true)
	case "replyall":
		w.arp(header.ARPReply, macOf(arg(1)), me, macOf("z"), false)
	case "ns": // the answer goes by way of the table
		w.table.Learn(seven6, macOf(arg(1)))
		w.send(seven6, "advertisement")
	case "na":
		flags, mac := arg(1), arg(2)
		w.table.Advertise(seven6, macOf(mac), strings.Contains(flags, "S"), strings.Contains(flags, "O"))
	default:
		w.t.Fatal("event", e)
	}
}
