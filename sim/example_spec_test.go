package sim_test

import (
	"encoding/json"
	"fmt"

	"drydock/sim"
	"drydock/sim/dockerapi"
)

// What Docker's clients send makes containers and networks as options do. Options may add
// what does not marshal: an image with its main function.
func ExampleHost_CreateSpec() {
	host, err := sim.NewHost()
	if err != nil {
		panic(err)
	}
	defer host.Close()

	var network dockerapi.NetworkCreate
	json.Unmarshal([]byte(`{"Name": "app", "IPAM": {"Config": [{"Subnet": "10.5.0.0/16"}]}}`), &network)
	if _, err := host.CreateNetworkSpec(network); err != nil {
		panic(err)
	}
	var spec dockerapi.ContainerCreate
	json.Unmarshal([]byte(`{
		"Image": "nginx",
		"HostConfig": {"NetworkMode": "app", "PortBindings": {"80/tcp": [{"HostPort": "8080"}]}},
		"NetworkingConfig": {"EndpointsConfig": {"app": {"IPAMConfig": {"IPv4Address": "10.5.0.50"}}}}
	}`), &spec)
	web, err := host.CreateSpec("web", spec)
	if err != nil {
		panic(err)
	}
	if err := web.Start(); err != nil {
		panic(err)
	}
	fmt.Println(web.IP(), web.Ports())
	// Output: 10.5.0.50 [80/tcp -> 0.0.0.0:8080 80/tcp -> :::8080]
}

// WithMTU and WithICC are options of docker0 and of other networks.
func ExampleWithMTU() {
	host, err := sim.NewHost(sim.WithMTU(1400), sim.WithICC(false))
	if err != nil {
		panic(err)
	}
	defer host.Close()
	jumbo, err := host.CreateNetwork("jumbo", sim.WithMTU(9000))
	if err != nil {
		panic(err)
	}
	for _, opts := range [][]sim.ContainerOption{nil, {sim.WithNetwork(jumbo)}} {
		c, err := host.Run("", opts...)
		if err != nil {
			panic(err)
		}
		for _, i := range c.Interfaces() {
			if i.Name == "eth0" {
				fmt.Println(i.MTU)
			}
		}
	}
	// Output:
	// 1400
	// 9000
}
