package sim

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"drydock/sim/internal/files"
	"drydock/sim/tools/command"
)

// The kernel of all machines is that of Debian 12.
const (
	kernelRelease = "6.1.0-13-amd64"
	kernelVersion = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29)"
	kernelBuilder = "(debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40)"
)

// proc returns what is in /proc, nil while the owner does not run. It is the owner's view of a
// machine that started at a time.
func (ns *Netns) proc(booted time.Time, processes *command.Processes) *files.Made {
	space, _, err := ns.open("open")
	if err != nil || processes == nil {
		return nil
	}
	now := time.Now()
	m := &files.Made{Time: now, Sub: map[string]func() *files.Made{"sys": func() *files.Made { return ns.procSys(now) }}}
	m.Files = map[string]files.Source{
		"net/arp":      {Read: func() string { return procARP(ns.Neighbours()) }},
		"net/dev":      {Read: func() string { return procDev(ns.Interfaces()) }},
		"net/if_inet6": {Read: func() string { return procIfInet6(ns.Interfaces()) }},
		"net/route":    {Read: func() string { return procRoute(ns.Routes()) }},
		"net/tcp":      {Read: func() string { return procTCP(ns.Sockets()) }},
		"net/tcp6":     {Read: func() string { return procTCP6(ns.Sockets()) }},
		"net/udp":      {Read: func() string { return procUDP(ns.Sockets()) }},
		"net/udp6":     {Read: func() string { return procUDP6(ns.Sockets()) }},
		"uptime":       {Read: func() string { return procUptime(time.Since(booted)) }},
		"version": {Read: func() string {
			return "Linux version " + kernelRelease + " " + kernelBuilder + " " + kernelVersion + "\n"
		}},
	}
	if tables := space.tables.Load(); tables != nil {
		m.Files["net/nf_conntrack"] = files.Source{Read: func() string { return procConntrack(tables) }}
	}
	for _, p := range processes.List() {
		m.Files[strconv.Itoa(p.PID)+"/cmdline"] = files.Source{Read: func() string { return nullTerminated(p.CommandLine()) }}
	}
	return m
}

// proc returns what is in /proc of the machine.
func (m *Machine) proc() *files.Made { return m.Netns.proc(m.booted, m.Processes()) }

// proc returns what is in /proc of the container, with the environment of its main process.
func (c *Container) proc() *files.Made {
	m := c.Netns.proc(c.host.booted, c.Processes())
	if m != nil {
		m.Files["1/environ"] = files.Source{Read: func() string { return nullTerminated(c.Env()) }}
	}
	return m
}

// procSys returns what is in /proc/sys: the settings of SetSysctl, and what uname tells.
func (ns *Netns) procSys(now time.Time) *files.Made {
	line := func(text string) files.Source { return files.Source{Read: func() string { return text + "\n" }} }
	m := &files.Made{Time: now, Files: map[string]files.Source{
		"kernel/hostname": line(ns.Hostname()), "kernel/osrelease": line(kernelRelease),
		"kernel/ostype": line("Linux"), "kernel/version": line(kernelVersion),
	}}
	readOnly := ns.rights != nil && !ns.rights().sysctls
	for _, s := range ns.Sysctls() {
		source := line(s.Value)
		switch {
		case readOnly:
			source.Refuse = command.ErrReadOnly
		case settable(s.Key):
			source.Write = func(text string) error { return ns.writeSysctl(s.Key, text) }
		}
		m.Files[strings.ReplaceAll(s.Key, ".", "/")] = source
	}
	return m
}

// writeSysctl is SetSysctl with the errors of the kernel.
func (ns *Netns) writeSysctl(key, text string) error {
	err := ns.SetSysctl(key, strings.TrimSpace(text))
	switch {
	case errors.Is(err, ErrAddress):
		return fs.ErrInvalid
	case errors.Is(err, ErrPermission):
		return fs.ErrPermission
	case err != nil:
		return fs.ErrNotExist
	}
	return nil
}

// procUptime has the time for which the machine was up, and for which its one processor was
// idle, which takes no time.
func procUptime(d time.Duration) string {
	text := strconv.FormatFloat(d.Truncate(10*time.Millisecond).Seconds(), 'f', 2, 64)
	return fmt.Sprintf("%s %[1]s\n", text)
}

// nullTerminated is how /proc shows the strings of a process.
func nullTerminated(list []string) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(s + "\x00")
	}
	return b.String()
}
