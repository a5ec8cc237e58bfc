//go:build !unix

package main

import "os"

// notifyResize does nothing: there is no signal for it.
func notifyResize(chan<- os.Signal) {}
