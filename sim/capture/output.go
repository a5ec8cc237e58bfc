package capture

import (
	"fmt"
	"io"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// An output is a file that is being written.
type output struct {
	w      io.Writer
	config *config
	ng     *pcapgo.NgWriter // nil: nothing is written
	ids    map[int]int      // interfaces of the file by place
	last   time.Time
	err    error // the first one, after which nothing is written
}

// write writes the packets of places, and flushes.
func (o *output) write(places []*place, secrets []byte, packets []packet) error {
	for i := range packets {
		if o.err != nil {
			return o.err
		}
		p := &packets[i]
		o.err = o.packet(places[p.place], p, &secrets)
	}
	return o.flush(secrets)
}

func (o *output) packet(pl *place, p *packet, secrets *[]byte) error {
	id, err := o.number(p.place, pl)
	if err == nil && len(*secrets) > 0 {
		err = o.ng.WriteDecryptionSecretsBlock(pcapgo.DSB_SECRETS_TYPE_TLS, *secrets)
		*secrets = nil
	}
	if err != nil {
		return err
	}
	opts := pcapgo.NgPacketOptions{}
	switch p.dir {
	case in:
		opts.Flags = &pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionInbound}
	case out:
		opts.Flags = &pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionOutbound}
	}
	if p.comment != "" {
		opts.Comments = []string{p.comment}
	}
	o.last = p.time
	return o.ng.WritePacketWithOptions(gopacket.CaptureInfo{
		Timestamp: p.time, CaptureLength: len(p.frame), Length: p.size, InterfaceIndex: id,
	}, p.frame, opts)
}

func (o *output) flush(secrets []byte) error {
	if o.err == nil && o.ng != nil && len(secrets) > 0 {
		o.err = o.ng.WriteDecryptionSecretsBlock(pcapgo.DSB_SECRETS_TYPE_TLS, secrets)
	}
	if o.err == nil && o.ng != nil {
		o.err = o.ng.Flush()
	}
	return o.err
}

// number returns the interface of a place, which it adds if need be.
func (o *output) number(n int, pl *place) (id int, err error) {
	if id, ok := o.ids[n]; ok {
		return id, nil
	}
	if o.ids == nil {
		o.ids = make(map[int]int)
	}
	id = len(o.ids)
	o.ids[n] = id
	return id, o.add(pl.describe())
}

// add adds an interface to the file, or begins the file with it.
func (o *output) add(name, description string) (err error) {
	i := pcapgo.NgInterface{
		Name: name, Description: description, Filter: o.config.expr, SnapLength: uint32(o.config.snap),
		LinkType: layers.LinkTypeEthernet, TimestampResolution: 9,
	}
	if o.ng != nil {
		_, err = o.ng.AddInterface(i)
		return err
	}
	section := pcapgo.NgSectionInfo{Application: "drydock", Comment: o.config.comment}
	o.ng, err = pcapgo.NewNgWriterInterface(o.w, i, pcapgo.NgWriterOptions{SectionInfo: section})
	return err
}

// describe returns the name and the description of the interface.
func (pl *place) describe() (name, description string) {
	p := pl.sim
	switch {
	case p.Master == p.Owner:
		description = fmt.Sprintf("port of the %s to %s", p.Owner, p.Device)
	case p.Master != "":
		description = fmt.Sprintf("port %s of %s on %s", p.Device, p.Master, p.Owner)
	default:
		description = fmt.Sprintf("%s of %s", p.Device, p.Owner)
	}
	if pl.dropped {
		return p.String() + " dropped", "what is dropped at " + description
	}
	return p.String(), description
}

// finish writes the statistics. A file that has nothing else has one interface, since without it
// is none.
func (o *output) finish(places []*place) error {
	if o.err == nil && o.ng == nil {
		o.err = o.add("none", "nothing was seen")
	}
	for n, pl := range places {
		id, ok := o.ids[n]
		if o.err != nil || !ok && pl.counts.lost == 0 {
			continue
		}
		if !ok {
			if id, o.err = o.number(n, pl); o.err != nil {
				break
			}
		}
		o.err = o.ng.WriteInterfaceStats(id, pcapgo.NgInterfaceStatistics{
			LastUpdate: o.last, StartTime: pl.counts.since, EndTime: o.last,
			PacketsReceived: pl.counts.received, PacketsDropped: pl.counts.lost,
		})
	}
	return o.flush(nil)
}
