package dockercli_test

import (
	"context"
	"os"

	"drydock/sim"
	"drydock/sim/tools"
	"drydock/sim/tools/command"
	"drydock/sim/tools/dockercli"
)

func Example() {
	host, err := sim.NewHost()
	if err != nil {
		panic(err)
	}
	defer host.Close()
	alpine := sim.Image{Name: "alpine", Cmd: []string{"/bin/sh"}}
	docker := command.Table{"docker": dockercli.New(alpine)}
	tools.Run(context.Background(), os.Stdout, host, `
		docker network create app >/dev/null
		docker run -d --name db --network app --network-alias sql alpine >/dev/null
		docker run --rm --network app alpine ping -q -c 1 sql | head -4
		docker run -d --name web --network nosuch alpine
		docker ps --format '{{.Names}} {{.Image}} {{.Networks}}'`, docker)
	// Output:
	// PING sql (172.18.0.2) 56(84) bytes of data.
	//
	// --- sql ping statistics ---
	// 1 packets transmitted, 1 received, 0% packet loss, time 0ms
	// docker: Error response from daemon: network nosuch not found.
	// db alpine app
}
