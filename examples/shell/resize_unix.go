//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyResize has the channel get a signal when the terminal has another size.
func notifyResize(c chan<- os.Signal) { signal.Notify(c, syscall.SIGWINCH) }
