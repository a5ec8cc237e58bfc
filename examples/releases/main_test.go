package main

import (
	"testing"

	"drydock/examples/internal/golden"
)

func TestTranscript(t *testing.T) { golden.Check(t, run) }
