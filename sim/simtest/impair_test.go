package simtest_test

import (
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/veth"
)

func TestSlowLink(t *testing.T) {
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		bridge, _ := host.Network("bridge")
		simtest.Run(t, host, "web")
		cli := simtest.Run(t, host, "cli", sim.WithNetwork(bridge,
			sim.WithImpairment(veth.Impairment{Delay: 30 * time.Millisecond}, veth.Impairment{Delay: 20 * time.Millisecond})))
		rtt := func() time.Duration {
			stats, err := cli.Ping(t.Context(), "172.17.0.2", &ping.Config{Count: 2}) // the first asks for the address, too
			if err != nil {
				t.Fatal(err)
			}
			return stats.Min
		}
		if d := rtt(); d != 50*time.Millisecond {
			t.Fatal(d)
		}
		if err := cli.Link(bridge).Impair(veth.Impairment{}, veth.Impairment{}); err != nil { // heal
			t.Fatal(err)
		}
		if d := rtt(); d != 0 {
			t.Fatal(d)
		}
		if err := cli.Link(bridge).Impair(veth.Impairment{Loss: veth.Loss{P: 1}}, veth.Impairment{}); err != nil {
			t.Fatal(err)
		}
		if _, err := cli.Ping(t.Context(), "172.17.0.2", nil); err == nil {
			t.Fatal("a frame got through")
		}
	})
}
