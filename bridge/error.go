package bridge

import "errors"

// The reasons for which a bridge refuses something, wrapped by *Error.
var (
	ErrExists      = errors.New("port exists")
	ErrNotFound    = errors.New("no such port")
	ErrAttached    = errors.New("endpoint is already attached")
	ErrNotEthernet = errors.New("not an Ethernet endpoint")
	ErrLocalExists = errors.New("bridge has a local port already")
	ErrStation     = errors.New("station belongs to another port")
	ErrMAC         = errors.New("not the Ethernet address of a station")
	ErrAging       = errors.New("negative ageing time")
	ErrTableSize   = errors.New("table size below one")
	ErrClosed      = errors.New("bridge is closed")
)

// An Error reports what a bridge refused to do. Nothing has changed then.
type Error struct {
	Op     string // "new", "add port" or "remove port"
	Bridge string
	Port   string // empty for "new"
	Err    error  // wraps one of the Err variables of this package
}

func (e *Error) Error() string {
	s := "bridge " + e.Bridge + ": " + e.Op
	if e.Port != "" {
		s += " " + e.Port
	}
	return s + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }
