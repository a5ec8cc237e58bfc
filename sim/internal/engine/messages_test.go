package engine

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMessages: a release has words for everything, but for a long hostname, which most leave to runc. That they are the right ones the tests of
// package sim see.
func TestMessages(t *testing.T) {
	t.Parallel()
	for _, e := range Releases {
		messages := reflect.ValueOf(e.Messages()).Elem()
		for i := range messages.NumField() {
			name := messages.Type().Field(i).Name
			require.True(t, messages.Field(i).String() != "" || name == "HostnameLong", name)
		}
	}
}
