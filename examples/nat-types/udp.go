package main

import (
	"context"
	"io"
	"net"
	"net/netip"
	"time"

	"drydock/sim"
)

// meetUDP tells each of two peers from where the other one came.
func meetUDP(ctx context.Context, m *sim.Machine) (io.Closer, error) {
	conn, err := m.ListenPacket(ctx, "udp", serverPort)
	if err != nil {
		return nil, err
	}
	go func() {
		var peers [2]net.Addr
		for i := range peers {
			if _, peers[i], err = conn.ReadFrom(make([]byte, 100)); err != nil {
				return
			}
		}
		for i, at := range peers {
			conn.WriteTo([]byte(peers[1-i].String()), at)
		}
	}()
	return conn, nil
}

// pause is how long a peer waits until it asks again.
const pause = 500 * time.Millisecond

// punchUDP asks the peer where the server has seen it, and answers whoever asks. Who asks is asked
// back there: behind a symmetric NAT a peer comes from another port than the server has seen.
func punchUDP(ctx context.Context, m *sim.Machine, through func()) error {
	conn, err := m.ListenPacket(ctx, "udp", ":5000")
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	b := make([]byte, 100)
	if _, err := conn.WriteTo([]byte("hello"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(server))); err != nil {
		return err
	}
	n, _, err := conn.ReadFrom(b)
	if err != nil {
		return err
	}
	at, err := netip.ParseAddrPort(string(b[:n]))
	if err != nil {
		return err
	}
	var peer net.Addr = net.UDPAddrFromAddrPort(at)
	for ctx.Err() == nil {
		conn.WriteTo([]byte("ask"), peer)
		conn.SetReadDeadline(time.Now().Add(pause))
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				break
			}
			if string(b[:n]) == "answer" {
				through()
				continue
			}
			if peer.String() != from.String() {
				peer = from
				conn.WriteTo([]byte("ask"), peer)
			}
			conn.WriteTo([]byte("answer"), from)
		}
	}
	return nil
}
