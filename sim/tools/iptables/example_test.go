package iptables_test

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
	host.Run("web", sim.WithPublish("8080:80"))
	tools.Run(ctx, os.Stdout, host, "iptables -I DOCKER-USER -s 192.0.2.1 -j DROP; iptables -S DOCKER-USER; iptables-save -t nat | tail -3 | head -1")
	// Output:
	// -N DOCKER-USER
	// -A DOCKER-USER -s 192.0.2.1/32 -j DROP
	// -A DOCKER-USER -j RETURN
	// -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
}
