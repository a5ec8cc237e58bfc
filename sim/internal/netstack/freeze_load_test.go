package netstack

import (
	"bytes"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Freezing in the middle of traffic loses and changes nothing.
func TestFreezeUnderLoad(t *testing.T) {
	t.Parallel()
	for _, et := range stackEnvs {
		et.run(t, func(t *testing.T, e env) {
			l, u := e.listen(t, "tcp"), e.listenPacket(t, "udp")
			var servers, clients sync.WaitGroup
			servers.Go(func() { echoAll(l) })
			servers.Go(func() {
				buf := make([]byte, 100)
				for {
					n, from, err := u.ReadFrom(buf)
					if err != nil {
						return
					}
					u.WriteTo(buf[:n], from)
				}
			})
			for range 4 {
				clients.Go(func() { echoStream(t, e, l.Addr()) })
				clients.Go(func() { echoDatagrams(t, e, u.LocalAddr()) })
			}
			stop := make(chan struct{})
			servers.Go(func() { freezeOften(e.server.(*Stack), et.virtual, stop) })
			clients.Wait()
			close(stop)
			l.Close()
			u.Close()
			servers.Wait()
		})
	}
}

// freezeOften freezes and thaws s until stop is closed.
func freezeOften(s *Stack, virtual bool, stop <-chan struct{}) {
	pause := runtime.Gosched
	if virtual {
		pause = func() { time.Sleep(time.Millisecond) }
	}
	for {
		s.Freeze()
		pause()
		s.Thaw()
		pause()
		select {
		case <-stop:
			return
		default:
		}
	}
}

func echoAll(l net.Listener) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		wg.Go(func() {
			io.Copy(c, c)
			c.Close()
		})
	}
}

func echoStream(t *testing.T, e env, to net.Addr) {
	sent := make([]byte, 1<<20)
	for i := range sent {
		sent[i] = byte(i >> 8)
	}
	for range 5 {
		c, err := e.client.DialContext(bg, "tcp", to.String())
		if !assert.NoError(t, err) {
			return
		}
		go func() {
			c.Write(sent)
			c.(streamConn).CloseWrite()
		}()
		got, err := io.ReadAll(c)
		assert.NoError(t, err)
		assert.True(t, bytes.Equal(sent, got))
		c.Close()
	}
}

func echoDatagrams(t *testing.T, e env, to net.Addr) {
	c, err := e.client.DialContext(bg, "udp", to.String())
	if !assert.NoError(t, err) {
		return
	}
	defer c.Close()
	for i := range 200 {
		assert.NoError(t, writing(c))
		if !assert.NoError(t, reading(c), i) {
			return
		}
	}
}
