package peers

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"

	"drydock/bench/load"

	"github.com/stretchr/testify/require"
	"golang.zx2c4.com/wireguard/tun"
	"golang.zx2c4.com/wireguard/tun/netstack"
)

// A wireguard is a netstack of wireguard-go.
type wireguard struct {
	*netstack.Net
	ip netip.Addr
}

func openWireguard(b *testing.B) (client, server load.End) {
	open := func(addr string) (tun.Device, wireguard) {
		ip := netip.MustParseAddr(addr)
		device, n, err := netstack.CreateNetTUN([]netip.Addr{ip}, nil, 1500)
		require.NoError(b, err)
		return device, wireguard{n, ip}
	}
	x, atX := open("10.0.0.1")
	y, atY := open("10.0.0.2")
	var pumps sync.WaitGroup
	pumps.Go(func() { pump(x, y) })
	pumps.Go(func() { pump(y, x) })
	b.Cleanup(func() {
		x.Close()
		y.Close()
		pumps.Wait()
	})
	return atX, atY
}

// pump carries packets from one device to another until one is closed.
func pump(from, to tun.Device) {
	bufs, sizes := [][]byte{make([]byte, 1<<16)}, make([]int, 1)
	for {
		if _, err := from.Read(bufs, sizes, 0); err != nil {
			return
		}
		if _, err := to.Write([][]byte{bufs[0][:sizes[0]]}, 0); err != nil {
			return
		}
	}
}

func (w wireguard) Addr() string { return w.ip.String() }

func (w wireguard) Listen(_ context.Context, _, address string) (net.Listener, error) {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	return w.ListenTCPAddrPort(a)
}

func (w wireguard) ListenPacket(_ context.Context, _, address string) (net.PacketConn, error) {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	return w.ListenUDPAddrPort(a)
}
