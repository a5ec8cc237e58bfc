package sim_test

import (
	"context"
	"fmt"
	"log"

	"drydock/sim"
)

// ExampleHost_Events watches a container that fails twice and is started again: "docker run
// --restart on-failure:1" beside "docker events".
func ExampleHost_Events() {
	host, err := sim.NewHost()
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	events := host.Events(ctx)

	job := sim.Image{Name: "job", Main: func(context.Context, *sim.Container) error { return sim.ExitStatus(3) }}
	if _, err := host.Run("job", sim.WithImage(job), sim.WithRestart("on-failure:1")); err != nil {
		log.Fatal(err)
	}
	deaths := 0
	for e := range events {
		fmt.Println(e.Type, e.Action, e.Attributes["name"])
		if e.Action == "die" {
			fmt.Println("exit status", e.Attributes["exitCode"])
			deaths++
		}
		if deaths == 2 {
			break
		}
	}
	// Output:
	// container create job
	// network connect bridge
	// container start job
	// container die job
	// exit status 3
	// network disconnect bridge
	// network connect bridge
	// container start job
	// container die job
	// exit status 3
}
