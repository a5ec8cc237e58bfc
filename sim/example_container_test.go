package sim_test

import (
	"context"
	"fmt"

	"drydock/sim"
	"drydock/sim/ping"
)

// A paused container keeps its place on the network: its kernel answers, its programs do
// not.
func ExampleContainer_Pause() {
	host, err := sim.NewHost()
	if err != nil {
		panic(err)
	}
	defer host.Close()
	web, err := host.Run("web")
	if err != nil {
		panic(err)
	}
	if err := web.Pause(); err != nil {
		panic(err)
	}
	_, err = host.Ping(context.Background(), "172.17.0.2", nil)
	fmt.Println(web.State().Status, err)
	fmt.Println(web.Remove() != nil, web.Unpause(), web.Rename("www"), web.Kill())
	fmt.Println(web.Name(), web.State().Status, web.State().ExitCode)
	// Output:
	// paused <nil>
	// true <nil> <nil> <nil>
	// www exited 137
}

// Inspect is docker inspect as data, which marshals to Docker's JSON.
func ExampleContainer_Inspect() {
	host, err := sim.NewHost()
	if err != nil {
		panic(err)
	}
	defer host.Close()
	web, err := host.Run("web", sim.WithPublish("127.0.0.1:8080:80"))
	if err != nil {
		panic(err)
	}
	settings := web.Inspect().NetworkSettings
	fmt.Println(settings.IPAddress, settings.Ports["80/tcp"])
	// Output: 172.17.0.2 [{127.0.0.1 8080}]
}

// A Ping tells of each reply, and of the errors that come back.
func ExampleNetns_Ping() {
	host, err := sim.NewHost()
	if err != nil {
		panic(err)
	}
	defer host.Close()
	host.Run("web")
	cli, err := host.Run("cli")
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	stats, err := cli.Ping(ctx, "172.17.0.2", &ping.Config{Count: 2, Interval: 1})
	fmt.Println(stats.Sent, stats.Received, err)
	_, err = cli.Ping(ctx, "192.0.2.1", nil) // the host has no route there
	fmt.Println(err)
	// Output:
	// 2 2 <nil>
	// ping ip4:icmp 192.0.2.1: Destination Net Unreachable from 172.17.0.1
}
