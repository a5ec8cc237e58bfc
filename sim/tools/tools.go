// Package tools runs commands on emulated machines and in containers as if in a shell
// there:
//
//	tools.Run(ctx, os.Stdout, host, "iptables -t nat -L -n")
//	tools.Run(ctx, os.Stdout, web, "ping -c 3 db | tail -2")
//
// The commands take the arguments of the real ones, print the same text and return the
// same exit statuses. There is a package for each suite that Debian 12 has them from,
// whose text says what they can and what they refuse: iputils (ping), iproute2 (ip,
// ss, bridge, tc), nettools (ifconfig, netstat, route, arp, hostname), bridgeutils (brctl),
// iptables (iptables, ip6tables, -save and -restore), nft, ipset, bind9 (dig, nslookup, host), curl, wget, inetutils (telnet),
// netcat (nc), traceroute, tcpdump, libcbin (getent), busybox, conntracktools (conntrack), dockercli
// (docker), shell (sh, bash, ash), coreutils (cat, ls, sort, date, env …), findutils (find,
// xargs), grep, sed, awk, procps (ps, kill, pgrep, sysctl), less, debianutils (which), ncurses
// (clear), packages (apt-get), systemd (systemctl, by which dockerd restarts), utillinux (nsenter). Package command has the shape that they share, for commands of one's own.
package tools

import (
	"context"
	"io"

	"drydock/sim"
	"drydock/sim/tools/awk"
	"drydock/sim/tools/bridgeutils"
	"drydock/sim/tools/command"
	"drydock/sim/tools/conntracktools"
	"drydock/sim/tools/coreutils"
	"drydock/sim/tools/debianutils"
	"drydock/sim/tools/dockercli"
	"drydock/sim/tools/findutils"
	"drydock/sim/tools/grep"
	"drydock/sim/tools/iproute2"
	"drydock/sim/tools/ipset"
	"drydock/sim/tools/iptables"
	"drydock/sim/tools/iputils"
	"drydock/sim/tools/less"
	"drydock/sim/tools/ncurses"
	"drydock/sim/tools/nettools"
	"drydock/sim/tools/nftables"
	"drydock/sim/tools/packages"
	"drydock/sim/tools/procps"
	"drydock/sim/tools/sed"
	"drydock/sim/tools/shell"
	"drydock/sim/tools/systemd"
	"drydock/sim/tools/tcpdump"
	"drydock/sim/tools/utillinux"
)

// Default returns a new table of the commands of all suites.
func Default() command.Table {
	t := clients().With(
		awk.Commands(), bridgeutils.Commands(), conntracktools.Commands(), coreutils.Commands(), debianutils.Commands(), dockercli.Commands(),
		findutils.Commands(), grep.Commands(), iproute2.Commands(), ipset.Commands(), iptables.Commands(), iputils.Commands(), less.Commands(), ncurses.Commands(),
		nettools.Commands(), nftables.Commands(), procps.Commands(), sed.Commands(), shell.Commands(), systemd.Commands(), tcpdump.Commands(), utillinux.Commands(),
	)
	return t.With(packages.Debian(t))
}

// Run runs a line of a shell on m, which is a host, another machine or a container, and
// writes to w what its commands print, errors too. They are those of Default and of
// more, which win. The error is a sim.ExitStatus that is not 0, or that of w. So a main
// function that fails with it gives its container that exit status.
//
// Run returns when all that the line started has ended; when ctx is done that is soon.
// It may be called at the same time on the same machine.
func Run(ctx context.Context, w io.Writer, m command.Machine, line string, more ...command.Table) error {
	out := &errorWriter{w: w}
	call := &command.Call{Machine: m, Args: []string{"sh", "-c", line}, Stdout: out, Stderr: out}
	status := Default().With(more...).Run(ctx, call)
	switch {
	case out.err != nil:
		return out.err
	case status != 0:
		return sim.ExitStatus(status)
	}
	return nil
}

// An errorWriter remembers the first error of its writer. One goroutine at a time calls
// it.
type errorWriter struct {
	w   io.Writer
	err error
}

func (e *errorWriter) Write(b []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	var n int
	n, e.err = e.w.Write(b)
	return n, e.err
}
