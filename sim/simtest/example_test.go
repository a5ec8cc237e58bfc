package simtest_test

import (
	"io"
	"testing"
	"time"

	"drydock/sim/simtest"
)

func TestOutage(t *testing.T) {
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		network, _ := host.Network("bridge")
		web, cli := simtest.Run(t, host, "web"), simtest.Run(t, host, "cli")
		l, err := web.Listen(t.Context(), "tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		out, err := cli.DialContext(t.Context(), "tcp", "172.17.0.2:80")
		if err != nil {
			t.Fatal(err)
		}
		in, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}

		cli.Link(network).SetCarrier(false) // pull the plug
		io.WriteString(out, "hello")
		out.Close()
		time.Sleep(time.Minute) // passes in a millisecond
		cli.Link(network).SetCarrier(true)

		if b, err := io.ReadAll(in); string(b) != "hello" { // TCP sent it again
			t.Fatalf("got %q, %v", b, err)
		}
	})
}
