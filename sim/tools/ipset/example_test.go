package ipset_test

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
	tools.Run(context.Background(), os.Stdout, host, `
ipset create blocked hash:net
ipset add blocked 192.0.2.0/24
iptables -I DOCKER-USER -m set --match-set blocked src -j DROP
iptables -S DOCKER-USER
ipset destroy blocked`)
	// Output:
	// -N DOCKER-USER
	// -A DOCKER-USER -m set --match-set blocked src -j DROP
	// -A DOCKER-USER -j RETURN
	// ipset v7.17: Set cannot be destroyed: it is in use by a kernel component
}
