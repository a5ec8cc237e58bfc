package packages_test

import (
	"bytes"
	"context"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"drydock/sim/internal/files"
	"drydock/sim/tools/command"
	"drydock/sim/tools/packages"

	"github.com/stretchr/testify/require"
)

// A machine has files, and a default route or none.
type machine struct {
	command.Machine
	files command.Files
}

func newMachine(routes string) *machine {
	return &machine{files: files.New(files.Options{Limits: files.Limits{Bytes: 1 << 20, Files: 100}, Layers: []fs.FS{fstest.MapFS{"proc/net/route": {Data: []byte(routes)}}}})}
}

const header = "Iface\tDestination\tGateway\n"

func (m *machine) FS() command.Files { return m.files }

// args is a program that prints its command line.
func args(_ context.Context, c *command.Call) int {
	c.Printf("%s of %s\n", strings.Join(c.Args, " "), strings.Join(c.Process().CommandLine(), " "))
	return 0
}

// TestManagers types what tutorials type, and more.
func TestManagers(t *testing.T) {
	t.Parallel()
	offered := command.Table{"ping": args, "ip": args, "ss": args, "bridge": args, "curl": args}
	const apt = "Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n"
	const fetched = "fetch https://dl-cdn.alpinelinux.org/alpine/v3.19/main/x86_64/APKINDEX.tar.gz\n" +
		"fetch https://dl-cdn.alpinelinux.org/alpine/v3.19/community/x86_64/APKINDEX.tar.gz\n"
	const mirrors = "Loaded plugins: fastestmirror, ovl\nDetermining fastest mirrors\n"
	for _, tt := range []struct {
		name  string
		table command.Table
		steps []string // a line, then what it prints, then its status, in turn
	}{
		{"debian", packages.Debian(offered), []string{
			"ping x", "ping: command not found\n", "127",
			"apt-get install -y iputils-ping", apt + "E: Unable to locate package iputils-ping\n", "100",
			"apt-get update", "Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]\nGet:2 http://deb.debian.org/debian bookworm-updates InRelease [55.4 kB]\n" +
				"Get:3 http://deb.debian.org/debian-security bookworm-security InRelease [48.0 kB]\nReading package lists... Done\n", "0",
			"apt-get install -y iputils-ping", apt + "The following NEW packages will be installed:\n  iputils-ping\n" +
				"0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.\nSetting up iputils-ping (3:20221126-1) ...\n", "0",
			"ping -c 1 x", "ping -c 1 x of ping -c 1 x\n", "0",
			"/usr/bin/ping x", "ping x of ping x\n", "0",
			"apt-get -y install iputils-ping", apt + "iputils-ping is already the newest version (3:20221126-1).\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n", "0",
			"apt-get install vim", apt + "E: Unable to locate package vim\n", "100",
			"apt-get install -y net-tools", apt + "E: Unable to locate package net-tools\n", "100",
			"apt-get frobnicate", "E: Invalid operation frobnicate\n", "100",
		}},
		{"alpine", packages.Alpine(offered), []string{
			"apk add curl", fetched + "(1/1) Installing curl (8.5.0-r0)\nExecuting busybox-1.36.1-r15.trigger\nOK: 8 MiB in 16 packages\n", "0",
			"apk add --no-cache curl", fetched + "OK: 7 MiB in 15 packages\n", "0",
			"apk add nosuch", fetched + "ERROR: unable to select packages:\n  nosuch (no such package):\n    required by: world[nosuch]\n", "1",
			"curl x", "curl x of curl x\n", "0",
		}},
		{"centos", packages.CentOS(offered).With(command.Table{"ifconfig": args, "route": args, "arp": args, "netstat": args}), []string{
			"yum install -y net-tools", mirrors + "Package net-tools-2.0-0.25.20131004git.el7.x86_64 already installed and latest version\nNothing to do\n", "0",
			"yum -y install nosuch", mirrors + "No package nosuch available.\nError: Nothing to do\n", "1",
			"yum install iputils", mirrors + "Is this ok [y/d/N]: Exiting on user command\n", "1",
			"yum install -y iputils", mirrors + "\nInstalled:\n  iputils.x86_64 0:20160308-10.el7\n\nComplete!\n", "0",
			"ping x", "ping x of ping x\n", "0",
		}},
	} {
		m := newMachine(header + "eth0\t00000000\t010011AC\n")
		for i := 0; i < len(tt.steps); i += 3 {
			var out bytes.Buffer
			status := tt.table.Run(t.Context(), &command.Call{Machine: m, Args: strings.Fields(tt.steps[i]), Stdout: &out, Stderr: &out})
			require.Equal(t, tt.steps[i+1], out.String(), "%s: %s", tt.name, tt.steps[i])
			require.Equal(t, tt.steps[i+2], strconv.Itoa(status), "%s: %s", tt.name, tt.steps[i])
		}
	}
}

// TestOffline has no default route.
func TestOffline(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"apt-get update":      "Temporary failure resolving 'deb.debian.org'",
		"apk add curl":        "temporary error (try again later)",
		"yum install -y curl": "Could not resolve host: mirrorlist.centos.org",
	} {
		table := packages.Debian(nil).With(packages.Alpine(command.Table{"curl": args}), packages.CentOS(nil))
		var out bytes.Buffer
		table.Run(t.Context(), &command.Call{Machine: newMachine(header), Args: strings.Fields(line), Stdout: &out, Stderr: &out})
		require.Contains(t, out.String(), want, line)
	}
}
