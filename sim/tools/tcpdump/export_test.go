package tcpdump

import (
	"context"
	"net/netip"
	"strings"
)

// PrintFrame prints a frame in several ways.
func PrintFrame(frame []byte) string {
	var text strings.Builder
	for _, o := range []options{{numeric: true}, {numeric: true, verbose: 2, link: true, hex: 1, ascii: 1}, {numeric: true, quiet: true, ascii: -1}} {
		p := &printer{o: &o, w: &text, ctx: context.Background(), names: make(map[netip.Addr]string), flows: make(map[flow]isn)}
		p.print(packet{frame: frame, length: len(frame)})
		p.print(packet{frame: frame, length: len(frame), place: "eth0  In  "})
	}
	return text.String()
}
