package conntracktools_test

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
	tools.Run(ctx, os.Stdout, cli, "ping -c 1 172.17.0.2 >/dev/null")
	tools.Run(ctx, os.Stdout, host, "conntrack -C; conntrack -D -p icmp >/dev/null; conntrack -C")
	// Output:
	// 1
	// conntrack v1.4.7 (conntrack-tools): 1 flow entries have been deleted.
	// 0
}
