package sim_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"drydock/sim"
)

// ExampleHost_Subscribe watches a container that fails twice and is started again: "docker run
// --restart on-failure:1" beside "docker events".
func ExampleHost_Subscribe() {
	host, err := sim.NewHost()
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	events := host.Subscribe(time.Time{})
	defer events.Close()

	job := sim.Image{Name: "job", Main: func(context.Context, *sim.Container) error { return sim.ExitStatus(3) }}
	if _, err := host.Run("job", sim.WithImage(job), sim.WithRestart("on-failure:1")); err != nil {
		log.Fatal(err)
	}
	for deaths := 0; deaths < 2; {
		e, err := events.Next(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(e.Type, e.Action, e.Attributes["name"])
		if e.Action == "die" {
			fmt.Println("exit status", e.Attributes["exitCode"])
			deaths++
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
