// Bad-link makes the network of two containers bad in three ways: with tc, as an administrator
// would; by a profile of a kind of Internet access; and by a schedule, which makes it fail and
// heal at given times.
//
//	go run ./examples/bad-link
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/ping"
	"drydock/sim/tools"
	"drydock/veth"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, opts ...sim.MachineOption) error {
	host, err := sim.NewHost(sim.WithOptions(opts...))
	if err != nil {
		return err
	}
	defer host.Close()
	network, err := host.CreateNetwork("net")
	if err != nil {
		return err
	}
	web, err := host.Run("web", sim.WithNetwork(network))
	if err != nil {
		return err
	}
	// --cap-add NET_ADMIN, or tc is not permitted.
	cli, err := host.CreateSpec("cli", dockerapi.ContainerCreate{
		HostConfig: dockerapi.HostConfig{CapAdd: dockerapi.Words{"NET_ADMIN"}},
	}, sim.WithNetwork(network))
	if err != nil {
		return err
	}
	if err := cli.Start(); err != nil {
		return err
	}
	if err := byHand(ctx, out, cli); err != nil {
		return err
	}
	if err := byProfile(ctx, out, cli, web, network); err != nil {
		return err
	}
	return bySchedule(ctx, out, cli, network)
}

// byHand types what tutorials type.
func byHand(ctx context.Context, out io.Writer, cli *sim.Container) error {
	for _, line := range []string{
		"tc qdisc add dev eth0 root netem delay 100ms 10ms 25% distribution normal",
		"ping -c 4 -q web",
		"tc qdisc change dev eth0 root netem delay 100ms loss gemodel 5% 30%",
		"ping -c 100 -i 0.1 -q web",
		"tc -s qdisc show dev eth0",
		"tc qdisc replace dev eth0 root handle 1: tbf rate 1mbit burst 32kbit latency 400ms",
		"tc qdisc add dev eth0 parent 1:1 handle 10: netem delay 100ms",
		"tc qdisc show dev eth0",
		"tc qdisc del dev eth0 root",
	} {
		fmt.Fprintln(out, "[root@cli /]# "+line)
		if err := tools.Run(ctx, out, cli, line); err != nil {
			return err
		}
	}
	return nil
}

// byProfile fetches a MiB over what people have.
func byProfile(ctx context.Context, out io.Writer, cli, web *sim.Container, network *sim.Network) error {
	l, err := web.Listen(ctx, "tcp", ":80")
	if err != nil {
		return err
	}
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) })}
	go server.Serve(l)
	defer server.Close()

	fmt.Fprintln(out, "\nA MiB, from the first SYN to the last byte:")
	for _, p := range veth.Profiles() {
		if err := cli.Link(network).Impair(p.Up, p.Down); err != nil {
			return err
		}
		client := http.Client{Transport: &http.Transport{DialContext: cli.DialContext, DisableKeepAlives: true}}
		start := time.Now()
		response, err := client.Get("http://web/")
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil {
			return err
		}
		took := time.Since(start)
		fmt.Fprintf(out, "  %-10s %4.1f s, %4.0f %% of the speed\n", p.Name, took.Seconds(), 100*float64(n)*8/float64(p.Down.Rate)/took.Seconds())
		time.Sleep(time.Second) // the connection ends over the same link
	}
	return cli.Link(network).Impair(veth.Impairment{}, veth.Impairment{})
}

// bySchedule loses a third of what the client sends from 2 s on, and nothing from 7 s on.
func bySchedule(ctx context.Context, out io.Writer, cli *sim.Container, network *sim.Network) error {
	cancel, err := cli.Link(network).Schedule(veth.Schedule{
		{At: 2 * time.Second, Impairment: veth.Impairment{Loss: veth.Loss{P: 0.3}, Seed: 1}},
		{At: 7 * time.Second},
	}, nil)
	if err != nil {
		return err
	}
	defer cancel()
	fmt.Fprintln(out, "\nTen pings in a tenth of a second each; \"x\" is where some were lost:")
	fmt.Fprint(out, "  ")
	time.Sleep(3 * time.Millisecond) // no ping at the instant of a step
	for range 90 {
		stats, err := cli.Ping(ctx, "web", &ping.Config{Count: 10, Interval: 10 * time.Millisecond, Timeout: 5 * time.Millisecond})
		if err != nil {
			return err
		}
		fmt.Fprint(out, map[bool]string{true: "x", false: "."}[stats.Received < stats.Sent])
	}
	fmt.Fprintln(out)
	return nil
}
