package bridge_test

import (
	"fmt"

	"drydock/bridge"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Three stations on a bridge. Its ports are gVisor's channel endpoints here, from
// which a program can read what leaves by them.
func ExampleBridge() {
	br, err := bridge.New("docker0")
	if err != nil {
		panic(err)
	}
	defer br.Close()
	ports := []string{"veth1", "veth2", "veth3"}
	wires := map[string]*channel.Endpoint{}
	for _, name := range ports {
		wires[name] = channel.New(16, 1514, "")
		if _, err := br.AddPort(name, ethernet.New(wires[name])); err != nil {
			panic(err)
		}
	}
	send := func(from, src, dst string) {
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(ethernetFrame(src, dst))})
		wires[from].InjectInbound(0, pkt)
		pkt.DecRef()
		fmt.Printf("%s → %s leaves by", src, dst)
		for _, name := range ports {
			if wires[name].Drain() > 0 {
				fmt.Print(" ", name)
			}
		}
		fmt.Println()
	}

	send("veth1", "02:42:ac:11:00:02", "02:42:ac:11:00:03") // nobody knows where …:03 is
	send("veth2", "02:42:ac:11:00:03", "02:42:ac:11:00:02")
	send("veth1", "02:42:ac:11:00:02", "02:42:ac:11:00:03")
	send("veth3", "02:42:ac:11:00:04", "ff:ff:ff:ff:ff:ff")
	for e := range br.Entries() {
		fmt.Println(e)
	}
	// Output:
	// 02:42:ac:11:00:02 → 02:42:ac:11:00:03 leaves by veth2 veth3
	// 02:42:ac:11:00:03 → 02:42:ac:11:00:02 leaves by veth1
	// 02:42:ac:11:00:02 → 02:42:ac:11:00:03 leaves by veth2
	// 02:42:ac:11:00:04 → ff:ff:ff:ff:ff:ff leaves by veth1 veth2
	// 02:42:ac:11:00:02 dev veth1 master docker0
	// 02:42:ac:11:00:03 dev veth2 master docker0
	// 02:42:ac:11:00:04 dev veth3 master docker0
}

// ethernetFrame returns an empty IPv4 frame.
func ethernetFrame(src, dst string) []byte {
	s, _ := bridge.ParseMAC(src)
	d, _ := bridge.ParseMAC(dst)
	return append(append(d[:], s[:]...), byte(header.IPv4ProtocolNumber>>8), 0)
}
