package sim_test

import (
	"fmt"
	"log"

	"drydock/sim"
)

// Docker 1.13 published ports on 0.0.0.0 alone.
func ExampleWithEngine() {
	for _, release := range []sim.Release{sim.Docker20, sim.Docker113} {
		host, err := sim.NewHost(sim.WithEngine(release))
		if err != nil {
			log.Fatal(err)
		}
		web, err := host.Run("web", sim.WithPublish("8080:80"))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(host.Engine().Version, web.Ports())
		host.Close()
	}
	// Output:
	// 20.10.24 [80/tcp -> 0.0.0.0:8080 80/tcp -> :::8080]
	// 1.13.1 [80/tcp -> 0.0.0.0:8080]
}
