package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"drydock/examples/internal/golden"
	"drydock/sim"
	"drydock/sim/report"
)

// TestTranscript has the picture of the README, too.
func TestTranscript(t *testing.T) {
	var picture strings.Builder
	golden.Check(t, func(ctx context.Context, out io.Writer, opts ...sim.MachineOption) error {
		return run(ctx, out, func(rec *report.Recorder) error { return rec.WriteSequence(&picture) }, opts...)
	})
	golden.File(t, "testdata/packets.svg", picture.String())
}
