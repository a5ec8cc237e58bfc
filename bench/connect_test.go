package bench

import (
	"fmt"
	"io"
	"net"
	"testing"
)

// BenchmarkConnect opens connections that the server closes at once.
func BenchmarkConnect(b *testing.B) {
	for _, p := range peers {
		b.Run(p.name, func(b *testing.B) { connections(b, p.open(b, 1)[0]) })
	}
}

func connections(b *testing.B, ends pair) {
	l := listen(b, ends.server)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		closeAll(l)
	}()
	address := l.Addr().String()
	share(b, workers, func(int) error {
		c, err := ends.client.DialContext(b.Context(), "tcp4", address)
		if err != nil {
			return err
		}
		defer c.Close()
		if n, err := c.Read(make([]byte, 1)); err != io.EOF {
			return fmt.Errorf("read %d bytes: %v", n, err)
		}
		return nil
	})
	b.StopTimer()
	perSecond(b, "connections")
	l.Close()
	<-ended
}

// closeAll accepts connections and closes them until l is closed.
func closeAll(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		c.Close()
	}
}
