package bench

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"testing"
	"time"
)

// TestMain fails if benchmarks leave goroutines behind.
func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	for wait := time.Millisecond; wait < 5*time.Second && runtime.NumGoroutine() > before; wait *= 2 {
		time.Sleep(wait) // one that has said that it is done takes a moment to end
	}
	if n := runtime.NumGoroutine(); n > before {
		fmt.Printf("FAIL: %d goroutines left behind\n", n-before)
		pprof.Lookup("goroutine").WriteTo(os.Stdout, 1)
		code = 1
	}
	os.Exit(code)
}
