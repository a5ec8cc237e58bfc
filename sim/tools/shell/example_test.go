package shell_test

import (
	"context"
	"os"

	"drydock/sim"
	"drydock/sim/tools"
)

func Example() {
	host, err := sim.NewHost(sim.WithCommands(tools.Default()))
	if err != nil {
		panic(err)
	}
	defer host.Close()
	host.Run("web")
	host.Run("cli")
	tools.Run(context.Background(), os.Stdout, host, `
		for name in $(docker ps --format '{{.Names}}' | sort); do
			docker exec $name hostname -i || exit 1
		done
		docker exec web false || echo "status $?"`)
	// Output:
	// 172.17.0.3
	// 172.17.0.2
	// status 1
}
