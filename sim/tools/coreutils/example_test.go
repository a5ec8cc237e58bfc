package coreutils_test

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
	web, _ := host.Run("web", sim.WithHostname("web"), sim.WithEnv("MODE=test"))
	tools.Run(context.Background(), os.Stdout, web, "cat /etc/hosts | tail -n 1; env | grep MODE; sleep 0.01; cat /nosuch")
	// Output:
	// 172.17.0.2	web
	// MODE=test
	// cat: /nosuch: No such file or directory
}
