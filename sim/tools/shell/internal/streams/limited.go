package streams

import "errors"

// MaxText is what a command substitution may yield: half of ARG_MAX, so that it can become an
// argument.
const MaxText = 1 << 20

var errFull = errors.New("too long")

// A Limited is a buffer of MaxText bytes for the output of a command substitution, to which all
// that run in it may write. Its error is what ends them.
type Limited struct {
	lock chan struct{} // full while it is held; no sync.Mutex, with which virtual time would stand still
	text []byte
	full bool
}

// NewLimited returns an empty buffer.
func NewLimited() *Limited { return &Limited{lock: make(chan struct{}, 1)} }

func (l *Limited) Write(b []byte) (int, error) {
	l.lock <- struct{}{}
	defer func() { <-l.lock }()
	if l.full = l.full || len(l.text)+len(b) > MaxText; l.full {
		return 0, errFull
	}
	l.text = append(l.text, b...)
	return len(b), nil
}

// Result returns the text, and whether it is all of it.
func (l *Limited) Result() (text string, all bool) {
	l.lock <- struct{}{}
	defer func() { <-l.lock }()
	return string(l.text), !l.full
}
