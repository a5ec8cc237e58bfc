package images

import (
	"bytes"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An nginxSite is what nginx reads of its configuration: where its servers listen, and where the files of
// the first are, which all have here; other directives say nothing.
type nginxSite struct {
	listens []string // addresses: "0.0.0.0:80"
	root    string   // as io/fs has names
}

// ports returns those that it listens on.
func (s *nginxSite) ports() (list []string) {
	for _, l := range s.listens {
		_, port, _ := net.SplitHostPort(l)
		list = append(list, port)
	}
	return list
}

var (
	nginxComment = regexp.MustCompile(`(?m)#.*$`)
	nginxListen  = regexp.MustCompile(`(?m)^\s*listen\s+([^\s;]+)([^;]*);`)
	nginxRoot    = regexp.MustCompile(`(?m)^\s*root\s+/([^\s;]*);`)
)

const nginxSiteFile = "/etc/nginx/conf.d/default.conf"

// readNginxSite reads conf.d/default.conf. What is not said there is as in the image. The error is nginx's.
func readNginxSite(files fs.FS) (nginxSite, error) {
	site := nginxSite{[]string{"0.0.0.0:80"}, "usr/share/nginx/html"}
	text, err := fs.ReadFile(files, strings.TrimPrefix(nginxSiteFile, "/"))
	if err != nil {
		return site, nil
	}
	text = nginxComment.ReplaceAll(text, nil)
	if all := nginxListen.FindAllSubmatchIndex(text, -1); len(all) > 0 {
		var list []netip.AddrPort
		for _, m := range all {
			addrs, err := nginxAddrs(string(text[m[2]:m[3]]), string(text[m[4]:m[5]]))
			if err != nil {
				return site, fmt.Errorf("%w in %s:%d", err, nginxSiteFile, 1+bytes.Count(text[:m[5]], []byte("\n")))
			}
			list = append(list, addrs...)
		}
		site.listens = nginxSockets(list)
	}
	if m := nginxRoot.FindSubmatch(text); m != nil {
		site.root = strings.Trim(string(m[1]), "/")
	}
	return site, nil
}

// nginxAddrs returns where a directive has nginx listen: "8080", "*:80", "127.0.0.1", "[::]:80 ipv6only=off". Names and
// sockets of Unix say nothing here.
func nginxAddrs(at, options string) ([]netip.AddrPort, error) {
	host, port := at, "80"
	if i := strings.LastIndexByte(at, ':'); i >= 0 && !strings.HasSuffix(at, "]") {
		host, port = at[:i], at[i+1:]
	} else if strings.Trim(at, "0123456789") == "" {
		host, port = "*", at
	}
	if host == "unix" {
		return nil, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return nil, fmt.Errorf("invalid port in %q of the \"listen\" directive", at)
	}
	if host == "*" {
		host = "0.0.0.0"
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return nil, nil
	}
	addrs := []netip.AddrPort{netip.AddrPortFrom(addr, uint16(n))}
	if addr == netip.IPv6Unspecified() && strings.Contains(options, "ipv6only=off") {
		addrs = append(addrs, netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(n)))
	}
	return addrs, nil
}

// nginxSockets are those of all servers: one for an address, and none for one that all addresses of the family are for.
func nginxSockets(list []netip.AddrPort) (sockets []string) {
	for i, a := range list {
		all := netip.IPv4Unspecified()
		if a.Addr().Is6() {
			all = netip.IPv6Unspecified()
		}
		if slices.Contains(list[:i], a) || a.Addr() != all && slices.Contains(list, netip.AddrPortFrom(all, a.Port())) {
			continue
		}
		sockets = append(sockets, a.String())
	}
	return sockets
}
