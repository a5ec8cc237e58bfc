//go:build !windows

package slirp

import "syscall"

// What a socket says when the network has answered.
var (
	refused         = []syscall.Errno{syscall.ECONNREFUSED}
	timedOut        = []syscall.Errno{syscall.ETIMEDOUT}
	netUnreachable  = []syscall.Errno{syscall.ENETUNREACH}
	hostUnreachable = []syscall.Errno{syscall.EHOSTUNREACH, syscall.EHOSTDOWN}
	prohibited      = []syscall.Errno{syscall.EACCES, syscall.EPERM}
)
