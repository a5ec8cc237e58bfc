package veth

import (
	"errors"
	"fmt"
)

// Reasons for which an option or an impairment is refused.
var (
	ErrMTU        = errors.New("outside [68, 65535]")
	ErrMAC        = errors.New("not a unicast Ethernet address")
	ErrQueue      = errors.New("less than one frame")
	ErrImpairment = errors.New("invalid impairment")
)

// An Error names the value that was refused and wraps the reason, one of the Err
// variables of this package.
type Error struct {
	Field string // "MTU", "MAC", "Queue", or a field of Impairment
	Value any
	Err   error
}

func (e *Error) Error() string { return fmt.Sprintf("veth: %s %v: %v", e.Field, e.Value, e.Err) }
func (e *Error) Unwrap() error { return e.Err }
