package dockerd

import (
	"errors"
	"io"

	"drydock/sim/internal/apitext"
)

// errDetached is that the client typed the keys to detach.
var errDetached = errors.New("read escape sequence")

// detachKeys returns the keys to detach that a client asks for.
func detachKeys(text string) (apitext.Keys, error) {
	if text == "" {
		return apitext.DefaultKeys, nil
	}
	return apitext.ParseKeys(text)
}

// A detachReader reads what a client types until it types the keys to detach, which is
// errDetached.
type detachReader struct {
	r     io.Reader
	keys  *apitext.KeyFilter
	typed []byte // and are no keys
	err   error
}

func (d *detachReader) Read(b []byte) (int, error) {
	for len(d.typed) == 0 && d.err == nil {
		var n int
		n, d.err = d.r.Read(b)
		text, detached := d.keys.Filter(b[:n])
		if d.typed = text; detached {
			d.err = errDetached
		}
	}
	n := copy(b, d.typed)
	d.typed = d.typed[n:]
	if len(d.typed) > 0 {
		return n, nil
	}
	return n, d.err
}
