package command

import (
	"path"
	"slices"
	"strings"
)

// sbin are the programs that Debian 12 has in /usr/sbin, of those that tables have.
var sbin = strings.Fields("arp arptables bridge brctl conntrack ethtool ifconfig ip6tables ip6tables-restore ip6tables-save " +
	"iptables iptables-restore iptables-save ip nft nginx route sysctl tc tcpdump")

// Path returns where a search of $PATH finds a program: where Debian 12 has a command of the
// table, or a file that can be run.
func (t Table) Path(files Files, name string) (string, bool) {
	if _, ok := t[name]; ok {
		if slices.Contains(sbin, name) {
			return "/usr/sbin/" + name, true
		}
		return "/usr/bin/" + name, true
	}
	if name == "" || strings.Contains(name, "/") {
		return "", false
	}
	for _, dir := range binDirs {
		if _, err := t.script(files, path.Join(dir, name)); err == nil {
			return path.Join(dir, name), true
		}
	}
	return "", false
}
