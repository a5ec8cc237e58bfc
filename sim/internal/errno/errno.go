// Package errno has the errors that Linux gives to a system call where gVisor has its own.
// The two do not always correspond one to one; where gVisor has one error for several
// errnos, the caller knows more and does not ask.
package errno

import (
	"cmp"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// Of returns the syscall.Errno that Linux has for a gVisor error, nil for nil. What Linux
// does not distinguish from a bad argument is EINVAL.
func Of(err tcpip.Error) error {
	if err == nil {
		return nil
	}
	return cmp.Or(ofNetwork(err), ofConnection(err), ofCall(err), syscall.EINVAL)
}

// ofNetwork has what routes, neighbours and interfaces are the reason of; 0 if they are
// not.
func ofNetwork(err tcpip.Error) syscall.Errno {
	switch err.(type) {
	case *tcpip.ErrBadLocalAddress:
		return syscall.EADDRNOTAVAIL
	case *tcpip.ErrBroadcastDisabled:
		return syscall.EACCES
	case *tcpip.ErrDuplicateAddress, *tcpip.ErrDuplicateNICID:
		return syscall.EEXIST
	case *tcpip.ErrHostDown:
		return syscall.EHOSTDOWN
	case *tcpip.ErrHostUnreachable, *tcpip.ErrNoNet:
		return syscall.EHOSTUNREACH
	case *tcpip.ErrMessageTooLong:
		return syscall.EMSGSIZE
	case *tcpip.ErrNetworkUnreachable:
		return syscall.ENETUNREACH
	case *tcpip.ErrPortInUse, *tcpip.ErrNoPortAvailable:
		return syscall.EADDRINUSE
	case *tcpip.ErrUnknownDevice, *tcpip.ErrUnknownNICID, *tcpip.ErrInvalidNICID:
		return syscall.ENODEV
	}
	return 0
}

// ofConnection has what the peer or the state of a connection is the reason of; 0 if they
// are not.
func ofConnection(err tcpip.Error) syscall.Errno {
	switch err.(type) {
	case *tcpip.ErrAborted: // a reset after the peer had closed
		return syscall.EPIPE
	case *tcpip.ErrAlreadyConnected:
		return syscall.EISCONN
	case *tcpip.ErrAlreadyConnecting:
		return syscall.EALREADY
	case *tcpip.ErrClosedForSend:
		return syscall.EPIPE
	case *tcpip.ErrConnectionRefused:
		return syscall.ECONNREFUSED
	case *tcpip.ErrConnectionReset, *tcpip.ErrConnectionAborted: // the latter by what the stack itself sent
		return syscall.ECONNRESET
	case *tcpip.ErrNotConnected:
		return syscall.ENOTCONN
	case *tcpip.ErrTimeout:
		return syscall.ETIMEDOUT
	}
	return 0
}

// ofCall has what the call itself is the reason of; 0 if it is not.
func ofCall(err tcpip.Error) syscall.Errno {
	switch err.(type) {
	case *tcpip.ErrAddressFamilyNotSupported:
		return syscall.EAFNOSUPPORT
	case *tcpip.ErrBadAddress, *tcpip.ErrBadBuffer:
		return syscall.EFAULT
	case *tcpip.ErrDestinationRequired:
		return syscall.EDESTADDRREQ
	case *tcpip.ErrNoBufferSpace:
		return syscall.ENOBUFS
	case *tcpip.ErrNotPermitted:
		return syscall.EPERM
	case *tcpip.ErrNotSupported, *tcpip.ErrQueueSizeNotSupported:
		return syscall.EOPNOTSUPP
	case *tcpip.ErrUnknownProtocolOption:
		return syscall.ENOPROTOOPT
	case *tcpip.ErrWouldBlock:
		return syscall.EAGAIN
	}
	return 0
}
