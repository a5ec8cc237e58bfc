package tools_test

import (
	"context"
	"fmt"
	"os"

	"drydock/sim"
	"drydock/sim/tools"
	"drydock/sim/tools/command"
)

func ExampleRun() {
	host, err := sim.NewHost()
	if err != nil {
		panic(err)
	}
	defer host.Close()
	host.Run("web", sim.WithPublish("8080:80"))
	ctx := context.Background()
	tools.Run(ctx, os.Stdout, host, "docker port web; iptables -t nat -S DOCKER | tail -1")
	err = tools.Run(ctx, os.Stdout, host, "docker rm nosuch")
	fmt.Println(err)
	// Output:
	// 80/tcp -> 0.0.0.0:8080
	// 80/tcp -> :::8080
	// -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
	// Error: No such container: nosuch
	// exit status 1
}

// A Go function becomes a command, in pipelines and in docker exec, too.
func ExampleRun_ownCommand() {
	own := command.Table{"greet": func(ctx context.Context, c *command.Call) int {
		var loud bool
		names, err := command.Getopt(c.Args[1:], []command.Option{
			{Names: "l loud", Set: func(string, string) error { loud = true; return nil }},
		})
		if err != nil || len(names) != 1 {
			return c.Fail(2, "usage: greet [-l] NAME\n")
		}
		c.Printf("%s greets %s%s\n", c.Machine.Hostname(), names[0], map[bool]string{true: "!"}[loud])
		return 0
	}}
	host, err := sim.NewHost(sim.WithCommands(own))
	if err != nil {
		panic(err)
	}
	defer host.Close()
	host.Run("web", sim.WithHostname("web"))
	ctx := context.Background()
	tools.Run(ctx, os.Stdout, host, "docker exec web greet you --loud; docker exec web greet -x | cat")
	// Output:
	// web greets you!
	// usage: greet [-l] NAME
}
