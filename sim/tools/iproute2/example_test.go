package iproute2_test

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
	web, _ := host.Run("web")
	tools.Run(context.Background(), os.Stdout, web, "ip addr show eth0 | head -3 | tail -1; ip link show eth1")
	// Output:
	//     inet 172.17.0.2/16 brd 172.17.255.255 scope global eth0
	// Device "eth1" does not exist.
}
