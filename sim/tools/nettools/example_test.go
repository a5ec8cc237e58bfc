package nettools_test

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
	web, _ := host.Run("web", sim.WithHostname("web"))
	tools.Run(context.Background(), os.Stdout, web, "hostname; hostname -i; ifconfig eth0 | head -2")
	// Output:
	// web
	// 172.17.0.2
	// eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
	//         inet 172.17.0.2  netmask 255.255.0.0  broadcast 172.17.255.255
}
