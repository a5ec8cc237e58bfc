package report

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"drydock/sim/capture"
)

// What a Recorder keeps: packets of the last five minutes, as far as they fit.
const (
	kept      = 5 * time.Minute
	keptBytes = 16 << 20
)

// A Recorder keeps what passes its sources, and what they drop, from Record to Stop: the last five
// minutes, 16 MiB of them at most. Meanwhile and afterwards it writes what it has. Its methods are
// safe for concurrent use.
//
// Each place copies each frame for it, which costs a stream of TCP most of its speed: see Capture in
// bench/README.md.
type Recorder struct {
	capture *capture.Capture
	start   time.Time

	mu       sync.Mutex
	subjects []subject // +checklocks:mu
	title    string    // +checklocks:mu
	end      time.Time // +checklocks:mu
}

// Record starts a Recorder. There must be a source at least. The caller must Stop it.
func Record(sources ...Source) (*Recorder, error) {
	subjects, err := subjectsOf(sources)
	if err != nil {
		return nil, err
	}
	opts := []capture.Option{capture.Ring(kept), capture.Buffer(keptBytes)}
	for _, s := range subjects {
		opts = append(opts, s.source())
	}
	c, err := capture.Start(nil, opts...)
	if err != nil {
		return nil, err
	}
	return &Recorder{capture: c, start: time.Now(), subjects: subjects}, nil
}

// Add takes further sources. Those that it has stay once.
func (r *Recorder) Add(sources ...Source) error {
	subjects, err := subjectsOf(sources)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range subjects {
		if slices.ContainsFunc(r.subjects, func(o subject) bool { return o.key() == s.key() }) {
			continue
		}
		if err := r.capture.Add(s.source()); err != nil {
			return err
		}
		r.subjects = append(r.subjects, s)
	}
	return nil
}

// Stop ends the Recorder, which keeps what it has.
func (r *Recorder) Stop() {
	r.capture.Stop() // a ring has no writer that could fail
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.end.IsZero() {
		r.end = time.Now()
	}
}

// SetTitle sets what the page says first, instead of the names of the sources, which "" stands for.
func (r *Recorder) SetTitle(title string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.title = title
}

// until returns when the Recorder ended: now, unless it was stopped.
func (r *Recorder) until() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.end.IsZero() {
		return time.Now()
	}
	return r.end
}

// KeyLog returns a writer for tls.Config.KeyLogWriter, so that Wireshark shows what is encrypted in
// the capture.
func (r *Recorder) KeyLog() io.Writer { return r.capture.KeyLog() }

// WriteCapture writes the packets as pcapng.
func (r *Recorder) WriteCapture(w io.Writer) error {
	_, err := r.capture.WriteTo(w)
	return err
}

func (r *Recorder) known() []subject {
	r.mu.Lock()
	defer r.mu.Unlock()
	return numbered(slices.Clone(r.subjects))
}

// The files that Save writes.
const (
	captureFile = "capture.pcapng"
	stateFile   = "state.txt"
	mermaidFile = "topology.mmd"
	dotFile     = "topology.dot"
	pageFile    = "report.html"
)

// Save writes everything into a directory that exists: report.html, capture.pcapng, state.txt,
// topology.mmd and topology.dot. It writes as much as it can.
func (r *Recorder) Save(dir string) error {
	subjects := r.known()
	text := func(name string, text string) error {
		return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666)
	}
	g := graphOf(subjects)
	return errors.Join(
		save(dir, stateFile, func(w io.Writer) error { return writeState(w, subjects) }),
		text(mermaidFile, g.mermaid()),
		text(dotFile, g.dot()),
		save(dir, captureFile, r.WriteCapture),
		save(dir, pageFile, r.WriteReport),
	)
}

func save(dir, name string, write func(io.Writer) error) error {
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
