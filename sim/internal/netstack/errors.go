package netstack

import (
	"context"
	"errors"
	"net"
)

// Errors that package net has and does not export.
var (
	errCanceled       error = canceledError{}
	errTimeout        error = timeoutError{}
	errMissingAddress       = errors.New("missing address")
)

// noSuitableAddress is what package net says in an AddrError.
const noSuitableAddress = "no suitable address found"

// Code under test compares texts and asks for Timeout, so that these have to be package
// net's to the letter; net.errCanceled and net.errTimeout are not to be had.

// A canceledError is a canceled context during a dial.
type canceledError struct{}

func (canceledError) Error() string        { return "operation was canceled" }
func (canceledError) Is(target error) bool { return target == context.Canceled }

// A timeoutError is a context that expired during a dial.
type timeoutError struct{}

func (timeoutError) Error() string        { return "i/o timeout" }
func (timeoutError) Timeout() bool        { return true }
func (timeoutError) Temporary() bool      { return true }
func (timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// contextErr returns what package net reports for the error of a context.
func contextErr(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return errCanceled
	case errors.Is(err, context.DeadlineExceeded):
		return errTimeout
	}
	return err
}

// dnsErr returns the error of a lookup of host as package net has it.
func dnsErr(err error, host string) error {
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
		return err
	}
	err = contextErr(err)
	dns := &net.DNSError{Err: err.Error(), Name: host}
	switch {
	case errors.Is(err, errCanceled), errors.Is(err, net.ErrClosed):
		dns.UnwrapErr = err
	case errors.Is(err, errTimeout):
		dns.UnwrapErr, dns.IsTimeout, dns.IsTemporary = err, true, true
	}
	return dns
}
