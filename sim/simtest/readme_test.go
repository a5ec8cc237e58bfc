package simtest_test

import (
	"net/http"
	"os"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
)

func TestServerGone(t *testing.T) {
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		network := simtest.NewNetwork(t, host, "app")
		web := simtest.Run(t, host, "web", sim.WithNetwork(network))
		cli := simtest.Run(t, host, "cli", sim.WithNetwork(network))
		l, err := web.Listen(t.Context(), "tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		go http.Serve(l, http.NotFoundHandler())

		client := http.Client{Transport: cli.HTTPClient().Transport, Timeout: time.Minute}
		if _, err := client.Head("http://web/"); err != nil {
			t.Fatal(err)
		}
		web.Link(network).SetCarrier(false) // pull the plug
		if _, err := client.Head("http://web/"); !os.IsTimeout(err) {
			t.Fatal(err) // the minute passes in a millisecond
		}
	})
}
