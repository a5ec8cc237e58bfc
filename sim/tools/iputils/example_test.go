package iputils_test

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
	ctx := context.Background()
	host.Run("web")
	cli, _ := host.Run("cli")
	tools.Run(ctx, os.Stdout, cli, "ping -q -c 1 172.17.0.2 | head -4")
	tools.Run(ctx, os.Stdout, cli, "ping nosuch")
	// Output:
	// PING 172.17.0.2 (172.17.0.2) 56(84) bytes of data.
	//
	// --- 172.17.0.2 ping statistics ---
	// 1 packets transmitted, 1 received, 0% packet loss, time 0ms
	// ping: nosuch: Name or service not known
}
