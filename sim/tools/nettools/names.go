package nettools

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"syscall"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// names are what /etc/hosts calls addresses, as gethostbyaddr(3) finds it there. The DNS is
// not asked: a table of sockets would wait for each name that there is not.
type names map[netip.Addr]string

func readNames(c *command.Call) names {
	text, err := c.ReadFile("/etc/hosts")
	if err != nil {
		return nil
	}
	n := make(names)
	for line := range strings.Lines(string(text)) {
		entry, _, _ := strings.Cut(line, "#")
		words := strings.Fields(entry)
		if len(words) < 2 {
			continue
		}
		if a, err := netip.ParseAddr(words[0]); err == nil && n[a] == "" {
			n[a] = words[1]
		}
	}
	return n
}

// resolve returns the address of a name or number, of IPv4.
func resolve(ctx context.Context, c *command.Call, name string) (netip.Addr, bool) {
	list, err := inet.GetAddrInfo(ctx, c.Machine, "ip4", name)
	if err != nil || len(list) == 0 {
		return netip.Addr{}, false
	}
	return list[0], true
}

// strerror returns the words of an error that wraps an errno.
func strerror(err error) string {
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		return inet.Strerror(errno)
	}
	return err.Error()
}

// prefixOf returns the length of a mask that is written as an address.
func prefixOf(mask string) (bits int, ok bool) {
	a, ok := inet.ParseAddr(mask)
	if !ok || !a.Is4() {
		return 0, false
	}
	for n := 0; n <= 32; n++ {
		if netmask(n) == a {
			return n, true
		}
	}
	return 0, false
}

// classBits is the length that an address of the time before CIDR has by itself.
func classBits(a netip.Addr) int {
	switch first := a.As4()[0]; {
	case first < 128:
		return 8
	case first < 192:
		return 16
	}
	return 24
}
