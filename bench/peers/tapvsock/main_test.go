package tapvsock

import (
	"io"
	"os"
	"testing"

	"github.com/sirupsen/logrus"
)

func TestMain(m *testing.M) {
	logrus.SetOutput(io.Discard) // it logs each machine that goes
	os.Exit(m.Run())
}
