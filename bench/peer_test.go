package bench

import (
	"context"
	"testing"
	"time"

	"drydock/bench/load"
)

// An end is one of load, and sends echo requests.
type end interface {
	load.End

	// ping sends n echo requests to an address, each on the reply to the one
	// before, and returns the times that the replies took.
	ping(ctx context.Context, to string, n int) ([]time.Duration, error)
}

// A pair is two ends that reach each other.
type pair struct{ client, server end }

// A peer is something that joins ends.
type peer struct {
	name string

	// open returns n pairs, which are closed with b. It skips b where the peer
	// does not exist.
	open func(b *testing.B, n int) []pair
}

// peers are joined by: two cables and a bridge; gVisor's cable; two of gVisor's
// cables and its bridge; nothing; two of the kernel's cables and its bridge. The
// first three have the same TCP/IP stack, with the same options.
var peers = []peer{
	{"drydock", openDrydock},
	{"gvisor-veth", openGVisorVeth},
	{"gvisor-bridge", openGVisorBridge},
	{"kernel-loopback", openKernelLoopback},
	{"kernel-bridge", openKernelBridge},
}
