package dockerd

import (
	"errors"
	"io"
	"strings"
)

// errDetached is that the client typed the keys to detach.
var errDetached = errors.New("read escape sequence")

// defaultKeys are ctrl-p and ctrl-q.
var defaultKeys = []byte{'P' & 31, 'Q' & 31}

// detachKeys returns the bytes of keys as the command docker writes them: "ctrl-p,ctrl-q,x".
func detachKeys(text string) (keys []byte, ok bool) {
	if text == "" {
		return defaultKeys, true
	}
	for key := range strings.SplitSeq(text, ",") {
		letter, ctrl := strings.CutPrefix(key, "ctrl-")
		switch {
		case !ctrl && len(key) == 1:
			keys = append(keys, key[0])
		case ctrl && len(letter) == 1 && (letter[0] == '@' || 'a' <= letter[0] && letter[0] <= 'z' || '[' <= letter[0] && letter[0] <= '_'):
			keys = append(keys, letter[0]&31)
		default:
			return nil, false
		}
	}
	return keys, true
}

// A detachReader reads what a client types until it types the keys to detach, which is
// errDetached. Keys that may become them are held back.
type detachReader struct {
	r       io.Reader
	keys    []byte
	matched int    // how many of the keys were typed
	typed   []byte // and are no keys
	err     error
}

func (d *detachReader) Read(b []byte) (int, error) {
	for len(d.typed) == 0 && d.err == nil {
		var n int
		n, d.err = d.r.Read(b)
		d.sort(b[:n])
	}
	n := copy(b, d.typed)
	d.typed = d.typed[n:]
	if len(d.typed) > 0 {
		return n, nil
	}
	return n, d.err
}

// sort looks for the keys in what was typed. As dockerd's it does not begin anew with the
// byte that was not the next key: ctrl-p, ctrl-p, ctrl-q are three keys for the program.
func (d *detachReader) sort(b []byte) {
	for _, x := range b {
		if x != d.keys[d.matched] {
			d.typed = append(append(d.typed, d.keys[:d.matched]...), x)
			d.matched = 0
			continue
		}
		if d.matched++; d.matched == len(d.keys) {
			d.err = errDetached
			return
		}
	}
}
