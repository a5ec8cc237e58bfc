package report_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/report"
)

// A Recorder writes a page for a browser, and much else.
func Example() {
	host, err := sim.NewHost(sim.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	web, err := host.Run("web")
	if err != nil {
		log.Fatal(err)
	}
	rec, err := report.Record(host)
	if err != nil {
		log.Fatal(err)
	}
	defer rec.Stop()
	if err := iptables.Run(nil, host.Firewall().IPv4(), "-A", "INPUT", "-p", "icmp", "-j", "DROP"); err != nil {
		log.Fatal(err)
	}
	web.Ping(context.Background(), "172.17.0.1", &ping.Config{Count: 1, Timeout: time.Millisecond})

	dir, err := os.MkdirTemp("", "report")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := rec.Save(dir); err != nil {
		log.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range files {
		fmt.Println(f.Name())
	}
	// Output:
	// capture.pcapng
	// report.html
	// state.txt
	// topology.dot
	// topology.mmd
}

// The state is long. What it has of a published port is printed here.
func ExampleWriteState() {
	host, err := sim.NewHost()
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	if _, err := host.Run("web", sim.WithPublish("8080:80")); err != nil {
		log.Fatal(err)
	}
	var state strings.Builder
	if err := report.WriteState(&state, host); err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(state.String()) {
		if strings.Contains(line, "DNAT") || strings.Contains(line, "LISTEN") {
			fmt.Print(line)
		}
	}
	// Output:
	// tcp    LISTEN  0       4096    0.0.0.0:8080  0.0.0.0:0  docker-proxy
	// tcp    LISTEN  0       4096    [::]:8080     [::]:0     docker-proxy
	// [0:0] -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
}

func ExampleWriteMermaid() {
	host, err := sim.NewHost()
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	if _, err := host.Run("web"); err != nil {
		log.Fatal(err)
	}
	if err := report.WriteMermaid(os.Stdout, host); err != nil {
		log.Fatal(err)
	}
	// Output:
	// flowchart BT
	//   n0[["docker"]]
	//   n1(["bridge<br/>172.17.0.0/16"])
	//   n2("web<br/>eth0 172.17.0.2")
	//   n1 ---|"docker0 172.17.0.1"| n0
	//   n2 ---|"eth0 172.17.0.2"| n1
}
