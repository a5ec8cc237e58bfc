package bridge_test

import (
	"testing"

	"go.uber.org/goleak"
)

// A bridge has no goroutine, so no test may leave one.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
