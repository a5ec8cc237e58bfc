package load

import (
	"fmt"
	"io"
	"net"
	"testing"
)

// Connections opens connections that the server closes at once.
func Connections(b *testing.B, client, server End) {
	l := Listen(b, server)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		closeAll(l)
	}()
	address := l.Addr().String()
	Share(b, Workers, func(int) error {
		c, err := client.DialContext(b.Context(), "tcp4", address)
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
	PerSecond(b, "connections")
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
