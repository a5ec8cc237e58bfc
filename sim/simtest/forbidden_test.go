package simtest_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/simtest"
)

func TestForbidden(t *testing.T) {
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		host := simtest.NewHost(t, sim.WithUplink(lan, netip.MustParsePrefix("172.16.80.10/24")))
		peer := simtest.NewMachine(t, sim.WithUplink(lan, netip.MustParsePrefix("172.16.80.47/24")))
		web := simtest.Run(t, host, "web", sim.WithPublish("8080:80"))
		l, err := web.Listen(t.Context(), "tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		visit := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c, err := peer.DialContext(ctx, "tcp", "172.16.80.10:8080")
			if err == nil {
				c.Close()
			}
			return err
		}
		if err := visit(); err != nil {
			t.Fatal(err)
		}
		in, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		in.Close()
		t.Log("web saw", in.RemoteAddr()) // 172.16.80.47

		command := "-I DOCKER -s 172.16.80.47 -p tcp --dport 80 -j DROP"
		if err := iptables.Run(nil, host.Firewall().IPv4(), strings.Fields(command)...); err != nil {
			t.Fatal(err)
		}
		if err := visit(); !errors.Is(err, context.DeadlineExceeded) { // no answer to a SYN
			t.Fatal(err)
		}
	})
}
