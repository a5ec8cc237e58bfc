// Package capture writes what passes the interfaces of an emulated network to pcapng, which
// Wireshark and tshark read.
//
//	c, err := capture.Start(file, capture.Machine(host.Machine), capture.Filter("tcp port 80"))
//	…
//	err = c.Stop()
//
// Each place that a frame passes is an interface of the file: the end of a cable in a container
// or on the host ("web eth0"), a port of a bridge ("docker veth1d2e3f4 (docker0)"), the port of a
// LAN, lo of any namespace. It is added with the first frame. Packets have nanoseconds and the
// direction as seen from there.
//
// What is dropped at a place is on an interface of its own, "web eth0 dropped", with the reason
// and the rule for comment: the frame was seen there before, and would be taken for a
// retransmission. A frame is seen at each place that it passes, and Wireshark takes that for
// retransmissions, too: capture one container, or save what one interface has with
//
//	tshark -r all.pcapng -Y 'frame.interface_name == "web eth0"' -w one.pcapng
//
// KeyLog puts the secrets of TLS into the file.
//
// A Capture does not make the network wait. What its writer is too slow for is not written, but
// counted in the interface's statistics at the end of the file. While no Capture is there,
// nothing is done for it.
package capture
