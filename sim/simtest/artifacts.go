package simtest

import (
	"flag"
	"io"
	"sync"
	"testing"

	"drydock/sim/report"
)

var keepArtifacts = flag.Bool("drydock.artifacts", true, "with -artifacts, keep what explains the failure of a test that has hosts")

// recording reports whether -artifacts was given. Without it what a test leaves is removed with
// it, and nobody would see what a Recorder slows the test down for.
func recording() bool {
	f := flag.Lookup("test.artifacts")
	return *keepArtifacts && f != nil && f.Value.String() == "true"
}

// An evidence is what explains a failure of a test. It is guarded by evidences.
type evidence struct {
	recorder *report.Recorder // nil: nothing is recorded
	left     int              // sources that are not closed
	told     bool
}

// evidences are those of the tests that run.
var evidences struct {
	sync.Mutex
	of map[testing.TB]*evidence // +checklocks:Mutex
}

// closeAfter closes a source with the test. What explains a failure is written before the first one
// is closed, or after the last one if the test has not failed until then.
func closeAfter(tb testing.TB, s report.Source, end func()) {
	tb.Helper()
	if err := addSource(tb, s); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		explain(tb)
		end()
		if lastSource(tb) {
			explain(tb)
			forget(tb)
		}
	})
}

func addSource(tb testing.TB, s report.Source) (err error) {
	evidences.Lock()
	defer evidences.Unlock()
	e := evidences.of[tb]
	if e == nil {
		e = new(evidence)
		if evidences.of == nil {
			evidences.of = make(map[testing.TB]*evidence)
		}
		evidences.of[tb] = e
	}
	e.left++
	switch {
	case e.recorder != nil:
		err = e.recorder.Add(s)
	case recording():
		e.recorder, err = report.Record(s)
	}
	return err
}

func lastSource(tb testing.TB) bool {
	evidences.Lock()
	defer evidences.Unlock()
	e := evidences.of[tb]
	e.left--
	return e.left == 0
}

func forget(tb testing.TB) {
	evidences.Lock()
	defer evidences.Unlock()
	if r := evidences.of[tb].recorder; r != nil {
		r.Stop()
	}
	delete(evidences.of, tb)
}

// explain writes what explains that the test has failed, once.
func explain(tb testing.TB) {
	if !tb.Failed() {
		return
	}
	evidences.Lock()
	e := evidences.of[tb]
	told := e.told
	e.told = true
	evidences.Unlock()
	switch {
	case told:
	case e.recorder == nil:
		if *keepArtifacts {
			tb.Log("simtest: go test -artifacts keeps a page that explains the failure, a capture and the state of the network")
		}
	default:
		dir := tb.ArtifactDir()
		e.recorder.SetTitle(tb.Name() + " failed")
		if err := e.recorder.Save(dir); err != nil {
			tb.Logf("simtest: not all that explains the failure could be written: %v", err)
		}
		tb.Logf("simtest: report.html, capture.pcapng, state.txt, topology.dot and topology.mmd are in %s", dir)
	}
}

// TLSKeyLog returns a writer for tls.Config.KeyLogWriter. With it Wireshark shows what is encrypted
// in the capture that is kept when the test fails. One end of each connection is enough; see
// capture.Capture.KeyLog.
func TLSKeyLog(tb testing.TB) io.Writer { return keyLog{tb} }

type keyLog struct{ tb testing.TB }

func (k keyLog) Write(b []byte) (int, error) {
	evidences.Lock()
	defer evidences.Unlock()
	if e := evidences.of[k.tb]; e != nil && e.recorder != nil {
		return e.recorder.KeyLog().Write(b)
	}
	return len(b), nil
}
