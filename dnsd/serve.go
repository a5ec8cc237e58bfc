package dnsd

import (
	"context"
	"net"
	"runtime"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sync/errgroup"
)

// Serve answers by h the queries that come to pc, over UDP, and to l, over TCP,
// until ctx is done; either may be nil. Messages that are no queries are refused as
// by Docker's resolver, with a header alone: those without exactly one question and
// malformed ones with FORMERR, opcodes other than QUERY and NOTIFY with NOTIMP. A
// datagram of more than 512 bytes is malformed; the question comes back with such as
// break off behind it. Responses are ignored. TCP connections are closed after 8 s
// without query, at first 2 s, and after 128 queries.
//
// Each query has a goroutine. The writer that h gets has a method Context()
// context.Context, whose context is done when ctx is. If pc or l has a method AwaitTurn, it is
// called with the address of the client before each reply: who has it decides when and in which
// order replies are sent.
//
// Serve closes pc and l. It returns nil when ctx is done, or why a socket failed, in
// both cases after all calls of h have returned.
func Serve(ctx context.Context, h dns.Handler, pc net.PacketConn, l net.Listener) error {
	if pc == nil {
		return serveTCP(ctx, h, l)
	}
	if l == nil {
		return serveUDP(ctx, h, pc)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serveUDP(ctx, h, pc) })
	g.Go(func() error { return serveTCP(ctx, h, l) })
	return g.Wait()
}

func serveUDP(ctx context.Context, h dns.Handler, pc net.PacketConn) error {
	h = withContext(ctx, h, pc)
	if _, ok := pc.(*net.UDPConn); !ok {
		pc = patientConn{pc}
	}
	return serve(ctx, &dns.Server{PacketConn: pc, Handler: h})
}

func serveTCP(ctx context.Context, h dns.Handler, l net.Listener) error {
	if l == nil {
		return nil
	}
	return serve(ctx, &dns.Server{Listener: l, Handler: withContext(ctx, h, l)})
}

// serve runs a server of one socket, in this goroutine alone until ctx is done.
func serve(ctx context.Context, srv *dns.Server) error {
	started, ended, shut := make(chan struct{}), make(chan struct{}), make(chan struct{})
	srv.MsgAcceptFunc = accept
	srv.NotifyStartedFunc = func() { close(started) }
	stop := context.AfterFunc(ctx, func() {
		defer close(shut)
		select {
		case <-started: // before that Shutdown would do nothing
			_ = srv.Shutdown()
		case <-ended:
		}
	})
	err := srv.ActivateAndServe()
	close(ended)
	if stop() {
		return err
	}
	<-shut
	return nil
}

// accept is dns.Server's own, behind what is best done first in the goroutine of a query.
//
// A client, the reader of the socket and this goroutine wake one another in turn, and Go
// runs who was just woken before those who wait, for up to 10 ms: without yielding, one
// busy client per CPU keeps the others waiting for milliseconds.
func accept(h dns.Header) dns.MsgAcceptAction {
	runtime.Gosched()
	growStack()
	return dns.DefaultMsgAcceptFunc(h)
}

// growStack makes room for the way of a reply through a TCP/IP stack in this process,
// some 8 KiB deep: at once, while there is next to nothing to move. Go would grow the
// 2 KiB of a new goroutine step by step and move more each time, which took a fifth of
// the time of a query.
//
//go:noinline
func growStack() {
	var room [8 << 10]byte
	runtime.KeepAlive(&room)
}

// A turnTaker has those who do something at one instant do it one after the other, by their keys.
type turnTaker interface {
	AwaitTurn(ctx context.Context, key string) error
}

// withContext gives the writers that h gets a context, and the turns of a socket that has such.
func withContext(ctx context.Context, h dns.Handler, socket any) dns.Handler {
	turns, _ := socket.(turnTaker)
	return dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		h.ServeDNS(contextWriter{w, ctx, turns}, q)
	})
}

type contextWriter struct {
	dns.ResponseWriter
	ctx   context.Context
	turns turnTaker
}

func (w contextWriter) Context() context.Context { return w.ctx }

func (w contextWriter) WriteMsg(m *dns.Msg) error {
	if err := w.awaitTurn(); err != nil {
		return err
	}
	return w.ResponseWriter.WriteMsg(m)
}

func (w contextWriter) Write(b []byte) (int, error) {
	if err := w.awaitTurn(); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(b)
}

func (w contextWriter) awaitTurn() error {
	if w.turns == nil {
		return nil
	}
	return w.turns.AwaitTurn(w.ctx, w.RemoteAddr().Network()+w.RemoteAddr().String())
}

// A patientConn reads until there is something to read. dns.Server wakes every 2 s to
// see whether it is to end, although it also ends a read by a deadline in the past:
// a thousand resolvers would wake 500 times per second, and in a synctest bubble
// time would never stand still.
type patientConn struct{ net.PacketConn }

func (c patientConn) SetReadDeadline(t time.Time) error {
	if t.After(time.Now()) {
		return nil
	}
	return c.PacketConn.SetReadDeadline(t)
}
