package tcpdump

import (
	"context"
	"fmt"
	"io"
	"os"

	"drydock/sim/internal/pcapfilter"
	"drydock/sim/tools/command"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// A run is a tcpdump that runs.
type run struct {
	c        *command.Call
	o        options
	filter   *pcapfilter.Filter // nil: all
	any      bool
	whole    *defragmenter // nil: fragments are seen as such
	printer  *printer
	writer   *pcapgo.Writer // nil: print
	captured int
}

// Tcpdump is tcpdump(8).
func Tcpdump(ctx context.Context, c *command.Call) int {
	o, err := parse(c.Args[1:])
	if err != nil {
		return refuse(c, err)
	}
	r := &run{c: c, o: o}
	if o.expr != "" {
		if r.filter, err = pcapfilter.Compile(o.expr); err != nil {
			return c.Fail(1, "tcpdump: can't parse filter expression: %v\n", err)
		}
	}
	if o.list {
		return r.list()
	}
	if o.read != "" {
		return r.fromFile(ctx)
	}
	return r.live(ctx)
}

// open makes what packets go to.
func (r *run) open(ctx context.Context) (closer io.Closer, err error) {
	if r.o.write == "" {
		r.printer = newPrinter(ctx, r.c, &r.o)
		return io.NopCloser(nil), nil
	}
	var w io.Writer = r.c.Stdout
	closer = io.NopCloser(nil)
	if r.o.write != "-" {
		f, err := r.c.OpenFile(r.o.write, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, fmt.Errorf("tcpdump: %s: %s", r.o.write, command.Reason(err))
		}
		w, closer = f, f
	}
	r.writer = pcapgo.NewWriter(w)
	return closer, r.writer.WriteFileHeader(uint32(r.o.snap), r.linkType())
}

const sll2 = layers.LinkType(276)

func (r *run) linkType() layers.LinkType {
	if r.any {
		return sll2
	}
	return layers.LinkTypeEthernet
}

// take handles a packet that the filter wants. It reports whether more are wanted.
func (r *run) take(pk packet) (more bool) {
	pk.frame = pk.frame[:min(len(pk.frame), r.o.snap)]
	r.captured++
	var err error
	if r.writer == nil {
		r.printer.print(pk)
	} else {
		frame, length := pk.frame, pk.length
		if r.any {
			frame, length = cooked(pk), pk.length+6
		}
		err = r.writer.WritePacket(gopacket.CaptureInfo{Timestamp: pk.time, CaptureLength: len(frame), Length: length}, frame)
	}
	return err == nil && (r.o.count == 0 || r.captured < r.o.count)
}

// cooked is a frame with the header of LINUX_SLL2 in the place of Ethernet's.
func cooked(pk packet) []byte {
	b := pk.frame
	if len(b) < 14 {
		return b
	}
	kind := byte(0)
	switch {
	case pk.out:
		kind = 4
	case b[0] == 0xff:
		kind = 1
	case b[0]&1 != 0:
		kind = 2
	}
	head := []byte{b[12], b[13], 0, 0, 0, 0, byte(pk.index >> 8), byte(pk.index), 0, 1, kind, 6}
	return append(append(append(head, b[6:12]...), 0, 0), b[14:]...)
}

// fromFile prints or copies a file of pcap.
func (r *run) fromFile(ctx context.Context) int {
	c, source := r.c, r.c.Stdin
	if r.o.read != "-" {
		f, err := c.Open(r.o.read)
		if err != nil {
			return c.Fail(1, "tcpdump: %s: %s\n", r.o.read, command.Reason(err))
		}
		defer f.Close()
		source = f
	}
	in, err := pcapgo.NewReader(source)
	if err != nil {
		return c.Fail(1, "tcpdump: unknown file format\n")
	}
	if in.LinkType() != layers.LinkTypeEthernet {
		return c.Fail(1, "tcpdump: link-type %v is not supported\n", in.LinkType())
	}
	c.Errorf("reading from file %s, link-type EN10MB (Ethernet), snapshot length %d\n", r.o.read, in.Snaplen())
	in.SetSnaplen(min(in.Snaplen(), maxSnap)) // what a file says would have it read frames of 4 GiB
	closer, err := r.open(ctx)
	if err != nil {
		return c.Fail(1, "%v\n", err)
	}
	defer closer.Close()
	for ctx.Err() == nil {
		b, info, err := in.ReadPacketData()
		if err == io.EOF {
			return 0
		}
		if err != nil {
			return c.Fail(1, "tcpdump: pcap_loop: truncated dump file; %v\n", err)
		}
		if r.filter != nil && !r.filter.Match(b) {
			continue
		}
		if !r.take(packet{time: info.Timestamp, frame: b, length: info.Length}) {
			return 0
		}
	}
	return command.Interrupted(ctx)
}

// list prints the interfaces.
func (r *run) list() int {
	for i, line := range deviceLines(r.c.Machine) {
		r.c.Printf("%d.%s\n", i+1, line)
	}
	return 0
}
