package netstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"testing"
	"time"
)

func masked(err error) string { return addrPattern.ReplaceAllString(err.Error(), "ADDR") }

// shapeOf describes what an error is made of: "Op Source->Addr Err" of an OpError,
// with the types of the addresses and of the error, or only its type, and what it
// says of itself. The types that are private to package net are "?".
func shapeOf(err error) string {
	shape := ""
	var ne net.Error
	if errors.As(err, &ne) {
		if ne.Timeout() {
			shape += " timeout"
		}
		if ne.Temporary() { //nolint:staticcheck // it must still agree
			shape += " temporary"
		}
	}
	if op, ok := err.(*net.OpError); ok { //nolint:errorlint // the outermost error matters
		return fmt.Sprintf("%s %s->%s %s", op.Op, typeOf(op.Source), typeOf(op.Addr), typeOf(op.Err)) + shape
	}
	return typeOf(err) + shape
}

var private = regexp.MustCompile(`^(net\.(canceledError|noSuch)|\*net\.timeoutError|poll\..*|\*poll\..*|netstack\..*)$`)

func typeOf(v any) string {
	if v == nil {
		return "nil"
	}
	name := fmt.Sprintf("%T", v)
	if private.MatchString(name) {
		return "?"
	}
	return name
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(bg)
	cancel()
	return ctx
}

func dialing(network, address string) func(*testing.T, env) error {
	return func(_ *testing.T, e env) error {
		_, err := e.client.DialContext(bg, network, address)
		return err
	}
}

func listening(network, address string) func(*testing.T, env) error {
	return func(_ *testing.T, e env) error {
		_, err := e.server.Listen(bg, network, address)
		return err
	}
}

func listeningPacket(network, address string) func(*testing.T, env) error {
	return func(_ *testing.T, e env) error {
		_, err := e.server.ListenPacket(bg, network, address)
		return err
	}
}

func onConn(f func(c, s streamConn) error) func(*testing.T, env) error {
	return func(t *testing.T, e env) error { return f(e.connect(t)) }
}

// onLate calls f with a connection that was shut both ways before data came.
func onLate[C any](f func(C) error) func(*testing.T, env) error {
	return onConn(func(c, s streamConn) error {
		c.CloseWrite()
		io.ReadAll(s)
		c.CloseRead()
		s.Write([]byte("x"))
		time.Sleep(50 * time.Millisecond)
		return f(any(c).(C))
	})
}

func onClosed(f func(c streamConn) error) func(*testing.T, env) error {
	return onConn(func(c, _ streamConn) error {
		c.Close()
		return f(c)
	})
}

func reading(r io.Reader) error {
	_, err := r.Read(make([]byte, 1))
	return err
}

func writing(w io.Writer) error {
	_, err := w.Write([]byte("x"))
	return err
}

func untilError(w io.Writer, b []byte) (err error) {
	for err == nil {
		_, err = w.Write(b)
	}
	return err
}
