package engine

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMessages: a release has words for everything. That they are the right ones the tests of
// package sim see.
func TestMessages(t *testing.T) {
	t.Parallel()
	for _, e := range Releases {
		messages := reflect.ValueOf(e.Messages()).Elem()
		for i := range messages.NumField() {
			require.NotEmpty(t, messages.Field(i).String(), messages.Type().Field(i).Name)
		}
	}
}
