package images

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"time"
)

// nginxBacklog is NGX_LISTEN_BACKLOG.
const nginxBacklog = 511

// Who has a port that is to be listened on may be about to end: how often nginx tries, and how long it
// waits in between.
const (
	nginxTries = 5
	nginxWait  = 500 * time.Millisecond
)

// nginxErrors are Linux's numbers and words, whatever the system below.
var nginxErrors = map[syscall.Errno]string{
	syscall.EADDRINUSE: "98: Address already in use", syscall.EADDRNOTAVAIL: "99: Cannot assign requested address",
}

// open reads the configuration and listens as it says, or says why it cannot and goes on as before, or
// without that returns false.
func (l *nginxLog) open(ctx context.Context, files fs.FS, before *nginxSite) (*nginxSite, []net.Listener, bool) {
	site, err := readNginxSite(files)
	if err != nil {
		l.say("emerg", "%v", err)
	} else if list, ok := l.bind(ctx, site.listens); ok {
		return &site, list, true
	}
	if before == nil || ctx.Err() != nil {
		return nil, nil, false
	}
	list, ok := l.bind(ctx, before.listens)
	return before, list, ok
}

// bind listens on all addresses, or says why it cannot and returns false.
func (l *nginxLog) bind(ctx context.Context, addrs []string) (_ []net.Listener, ok bool) {
	list := make([]net.Listener, len(addrs))
	defer func() {
		if !ok {
			closeAll(list)
		}
	}()
	for range nginxTries {
		taken := false
		for i, addr := range addrs {
			if list[i] != nil {
				continue
			}
			var err error
			if list[i], err = l.listen(ctx, addr); err == nil {
				continue
			}
			var errno syscall.Errno
			errors.As(err, &errno)
			why, known := nginxErrors[errno]
			if !known {
				why = err.Error()
			}
			l.say("emerg", "bind() to %s failed (%s)", addr, why)
			if errno != syscall.EADDRINUSE {
				return nil, false
			}
			taken = true
		}
		if !taken {
			return list, true
		}
		l.say("notice", "try again to bind() after 500ms")
		select {
		case <-ctx.Done():
			return nil, false
		case <-time.After(nginxWait):
		}
	}
	l.say("emerg", "still could not bind()")
	return nil, false
}

// listen has a socket for the address's family alone.
func (l *nginxLog) listen(ctx context.Context, addr string) (net.Listener, error) {
	network := "tcp4"
	if strings.HasPrefix(addr, "[") {
		network = "tcp6"
	}
	listener, err := l.Machine.Listen(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	if s, ok := listener.(interface{ SetBacklog(int) error }); ok {
		s.SetBacklog(nginxBacklog)
	}
	return listener, nil
}

func closeAll(list []net.Listener) {
	for _, l := range list {
		if l != nil {
			l.Close()
		}
	}
}
