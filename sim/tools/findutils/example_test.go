package findutils_test

import (
	"context"
	"os"

	"drydock/sim"
	"drydock/sim/tools"
)

func Example() {
	host, err := sim.NewHost()
	if err != nil {
		panic(err)
	}
	defer host.Close()
	host.Run("a1")
	host.Run("b1")
	tools.Run(context.Background(), os.Stdout, host, "docker ps --format {{.Names}} | sort | xargs docker rm -f")
	// Output:
	// a1
	// b1
}
