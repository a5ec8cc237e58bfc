package sim_test

import (
	"fmt"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"drydock/sim"
)

func cpuTime() time.Duration { var r syscall.Rusage; syscall.Getrusage(0, &r); return time.Duration(r.Utime.Nano() + r.Stime.Nano()) }

func TestPublishManyTmp(t *testing.T) {
	for _, n := range []int{100, 500, 1000, 2000, 4000} {
		h, _ := sim.NewHost(sim.WithLogger(slog.New(slog.DiscardHandler)))
		c0 := cpuTime()
		c, err := h.Run("cc", sim.WithPublish(fmt.Sprintf("10000-%d:10000-%d", 9999+n, 9999+n)))
		c1 := cpuTime()
		if err == nil { c.Kill() }
		t.Logf("%d ports: start %v CPU, kill %v CPU, %v", n, c1-c0, cpuTime()-c1, err)
		h.Close()
	}
}
