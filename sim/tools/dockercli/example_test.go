package dockercli_test

import (
	"context"
	"os"

	"drydock/sim"
	"drydock/sim/tools"
)

func Example() {
	host, err := sim.NewHost(sim.WithCommands(tools.Default()), sim.WithImages(sim.Image{Name: "alpine", Cmd: []string{"sleep", "infinity"}}))
	if err != nil {
		panic(err)
	}
	defer host.Close()
	tools.Run(context.Background(), os.Stdout, host, `
		docker network create app >/dev/null
		docker run -d --name db --network app --network-alias sql alpine >/dev/null
		docker run --rm --network app alpine ping -c 1 sql | grep -c 'bytes from'
		docker run nosuch
		docker ps --format '{{.Names}} {{.Image}} {{.Networks}}'`)
	// Output:
	// 1
	// Unable to find image 'nosuch:latest' locally
	// docker: Error response from daemon: pull access denied for nosuch, repository does not exist or may require 'docker login': denied: requested access to the resource is denied.
	// See 'docker run --help'.
	// db alpine app
}
