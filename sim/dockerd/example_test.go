package dockerd_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/dockerd"
)

// A client of Docker's API talks to a host in memory. Listen and Serve are for those that are
// programs of the real machine.
func ExampleHandler() {
	host, _ := sim.NewHost()
	defer host.Close()
	host.Run("web")
	api := dockerd.Handler(host)
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dockerd.Dial(ctx, api)
	}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}

	resp, err := client.Get("http://docker/v1.41/containers/json")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	var list []dockerapi.ContainerSummary
	json.NewDecoder(resp.Body).Decode(&list)
	fmt.Println(list[0].Names, list[0].State, list[0].NetworkSettings.Networks["bridge"].IPAddress)
	// Output: [/web] running 172.17.0.2
}
