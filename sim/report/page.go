package report

import (
	"cmp"
	_ "embed"
	"html/template"
	"io"
	"strings"
	"time"

	"drydock/sim"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// A page is what page.html shows.
type page struct {
	Title    string
	Names    string // of what was recorded
	Start    string
	End      string
	Colours  template.CSS
	Topology template.HTML
	Time     template.HTML
	Moments  []moment
	Earlier  int // moments that are left out
	Head     template.HTML
	Width    int
	Lane     int // pixels of a lane
	Packets  []pagePacket
	Total    int
	More     int // packets that are left out
	Blocks   []*block
}

type pagePacket struct {
	Time, What, Ends, Outcome, Details string
	Lost                               bool
	Drawing                            template.HTML
}

// Clock returns when the moment was.
func (m moment) Clock() string { return m.at.Format(clock) }

// WriteReport writes the page: HTML that needs nothing else, with the topology, a time line of
// events and faults, the packets between machines with what became of them, and the state.
func (r *Recorder) WriteReport(w io.Writer) error {
	return pageTemplate.Execute(w, r.page())
}

// WriteSequence writes the packets alone, as SVG.
func (r *Recorder) WriteSequence(w io.Writer) error {
	list, more := selected(journeysOf(r.capture.Packets()))
	_, err := io.WriteString(w, lanesOf(r.known(), list).sequence(list, more))
	return err
}

func (r *Recorder) page() *page {
	subjects, packets := r.known(), r.capture.Packets()
	all := journeysOf(packets)
	list, more := selected(all)
	columns := lanesOf(subjects, list)
	var drops []sim.Drop
	for _, p := range packets {
		if p.Drop != nil {
			drops = append(drops, *p.Drop)
		}
	}
	moments := inOrder(append(append(momentsOf(subjects...), questionMoments(subjects)...), dropMoments(drops, socketsOf(subjects))...))
	earlier := max(0, len(moments)-maxMoments)
	var head drawing
	columns.drawHead(&head)
	end := r.until()
	p := &page{
		Title: r.titleOf(subjects), Names: namesOf(subjects), Start: r.start.Format(time.DateOnly + " " + clock), End: end.Format(clock), Colours: colours,
		Topology: graphOf(subjects).draw(), Time: drawTime(moments[earlier:], r.start, end), Moments: moments[earlier:], Earlier: earlier,
		Head: head.svg(columns.width(), headHeight, "machines: "+columns.head()), Width: columns.width(), Lane: laneWidth,
		Total: len(all), More: more, Blocks: stateOf(subjects, pageBlocks),
	}
	for _, j := range list {
		var d drawing
		columns.row(&d, j, 0)
		p.Packets = append(p.Packets, pagePacket{
			Time: since(r.start, j.first().Time), What: j.first().what, Ends: j.ends(), Outcome: j.outcome(), Details: j.details(r.start),
			Lost: j.dropped() != nil, Drawing: template.HTML(d.String()),
		})
	}
	return p
}

func (r *Recorder) titleOf(subjects []subject) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return clean(cmp.Or(r.title, namesOf(subjects)), 200)
}

// namesOf returns "client, LAN, docker".
func namesOf(subjects []subject) string {
	var names []string
	for _, s := range subjects {
		names = append(names, s.name())
	}
	return clean(strings.Join(names, ", "), 100)
}
