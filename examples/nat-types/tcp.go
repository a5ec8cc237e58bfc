package main

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	"drydock/sim"
)

// meetTCP tells each of two peers from where the other one came.
func meetTCP(ctx context.Context, m *sim.Machine) (io.Closer, error) {
	l, err := m.Listen(ctx, "tcp", serverPort)
	if err != nil {
		return nil, err
	}
	go func() {
		var peers [2]net.Conn
		for i := range peers {
			if peers[i], err = l.Accept(); err != nil {
				return
			}
			defer peers[i].Close()
		}
		for i, conn := range peers {
			io.WriteString(conn, peers[1-i].RemoteAddr().String())
		}
	}()
	return l, nil
}

// punchTCP listens at the port from which it dials the server, and then the peer where the server
// has seen it (Ford, Srisuresh, Kegel 2005, section 4). It is through by whichever connection
// comes about: by one of the two calls, or by both as one, for which TCP has its simultaneous open.
func punchTCP(ctx context.Context, m *sim.Machine, through func()) error {
	l, err := m.Listen(ctx, "tcp", ":5000")
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	defer all.Wait()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	defer l.Close()
	d := m.Dialer()
	d.LocalAddr, d.ReuseAddr = &net.TCPAddr{Port: peerPort}, true
	known, err := d.DialContext(ctx, "tcp", server)
	if err != nil {
		return err
	}
	defer known.Close()
	b := make([]byte, 100)
	n, err := known.Read(b)
	if err != nil {
		return err
	}
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { greet(ctx, conn, through) })
		}
	})
	for ctx.Err() == nil {
		conn, err := d.DialContext(ctx, "tcp", string(b[:n]))
		if err != nil {
			wait(ctx, pause)
			continue
		}
		greet(ctx, conn, through)
	}
	return nil
}

// greet is through if the other end greets, too. It keeps the connection until the context is done.
func greet(ctx context.Context, conn net.Conn, through func()) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	b := make([]byte, 5)
	if _, err := io.WriteString(conn, "hello"); err != nil {
		return
	}
	if _, err := io.ReadFull(conn, b); err == nil {
		through()
		<-ctx.Done()
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
