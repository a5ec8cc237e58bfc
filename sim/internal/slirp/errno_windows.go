package slirp

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// What a socket says when the network has answered. A datagram that was refused
// resets its UDP socket, as Windows has it.
var (
	refused         = []syscall.Errno{windows.WSAECONNREFUSED, windows.WSAECONNRESET}
	timedOut        = []syscall.Errno{windows.WSAETIMEDOUT}
	netUnreachable  = []syscall.Errno{windows.WSAENETUNREACH}
	hostUnreachable = []syscall.Errno{windows.WSAEHOSTUNREACH, windows.WSAEHOSTDOWN}
	prohibited      = []syscall.Errno{windows.WSAEACCES}
)
