package dockerd

import (
	"errors"
	"io"
	"strings"

	"drydock/sim/internal/apitext"
)

// ReadDetachable returns what a program gets of what is typed in pieces of n bytes, and
// whether the client left. Keys that are none are the default.
func ReadDetachable(typed, keys string, n int) (text string, left bool) {
	k, err := detachKeys(keys)
	if err != nil {
		k = apitext.DefaultKeys
	}
	b, err := io.ReadAll(&detachReader{r: pieces{strings.NewReader(typed), n}, keys: apitext.NewKeyFilter(k)})
	return string(b), errors.Is(err, errDetached)
}

type pieces struct {
	r io.Reader
	n int
}

func (p pieces) Read(b []byte) (int, error) { return p.r.Read(b[:min(p.n, len(b))]) }
