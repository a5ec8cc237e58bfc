// Package report tells what became of packets, and how the network stands: as text, as graph and
// as one page.
//
// WriteState, WriteMermaid and WriteDOT look at hosts, machines and LANs as they are now:
//
//	report.WriteState(os.Stdout, host, lan)
//
// A Recorder sees besides what happens from Record on: it keeps the newest packets and drops, from
// which it writes the page and a capture.
//
//	rec, err := report.Record(host, client, lan)
//	…
//	err = rec.Save("dir") // report.html, capture.pcapng, state.txt, topology.mmd, topology.dot
//	rec.Stop()
//
// WriteReport writes the page alone, and WriteSequence its drawing of the packets as SVG.
//
// Package simtest does so for each test that fails. All that is written is bounded: of long lists
// the newest or the first are shown, and how many are left out.
//
// The page takes a packet for the same one at each place that it passes by what translation
// leaves as it is: TCP's sequence numbers, ICMP's, and the payload. Names of containers, names that
// were asked for and the like are text there, whatever they look like.
package report
