package capture_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"drydock/sim"
	"drydock/sim/capture"
	"drydock/sim/ping"

	"github.com/gopacket/gopacket/pcapgo"
)

// The file could be opened with Wireshark. Here its interfaces and comments are printed.
func Example() {
	host, err := sim.NewHost()
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	web, err := host.Run("web")
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	c, err := capture.Start(&file, capture.Container(web), capture.Filter("icmp"))
	if err != nil {
		log.Fatal(err)
	}
	web.Ping(context.Background(), "172.17.0.1", &ping.Config{Count: 1})
	if err := c.Stop(); err != nil {
		log.Fatal(err)
	}

	r, err := pcapgo.NewNgReader(&file, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		log.Fatal(err)
	}
	for {
		data, info, err := r.ReadPacketData()
		if err != nil {
			break
		}
		i, _ := r.Interface(info.InterfaceIndex)
		fmt.Println(i.Name, len(data), "bytes")
	}
	// Output:
	// web eth0 98 bytes
	// web eth0 98 bytes
}
