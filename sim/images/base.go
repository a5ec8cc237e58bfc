package images

import (
	"drydock/sim"
	"drydock/sim/tools/busybox"
	"drydock/sim/tools/command"
	"drydock/sim/tools/inetutils"
	"drydock/sim/tools/iputils"
	"drydock/sim/tools/packages"
	"drydock/sim/tools/shell"
	"drydock/sim/tools/systemd"
)

// CentOS returns CentOS 7 as tutorials use it, with more programs than the real one has.
func CentOS() sim.Image {
	return sim.Image{Name: "centos", Cmd: []string{"/bin/bash"}, Commands: ofCentOS(nil), Files: files("centos")}
}

// centOSv1 is an image that somebody made of CentOS 8: it only sleeps.
func centOSv1() sim.Image {
	i := sim.Image{Name: "centos:v1", Cmd: []string{"sh", "/sleep.sh"}, Files: files("centos-v1")}
	i.Commands = ofCentOS(command.Table{"ping": iputils.PingCentOS})
	return i
}

// centOSNginx is CentOS 7 with nginx, which does not run until somebody types it.
func centOSNginx() sim.Image {
	i := CentOS()
	i.Name, i.Expose, i.Commands = "centos_nginx:1.0", []string{"80"}, ofCentOS(command.Table{"nginx": nginx})
	i.Files = layers{files("centos"), files("nginx")}
	return i
}

// Debian returns Debian 12.
func Debian() sim.Image {
	return sim.Image{Name: "debian", Cmd: []string{"bash"}, Commands: debianWith(""), Files: files("debian")}
}

// Ubuntu returns Ubuntu 22.04.
func Ubuntu() sim.Image {
	return sim.Image{Name: "ubuntu", Cmd: []string{"/bin/bash"}, Commands: ubuntuWith(""), Files: layers{files("ubuntu"), files("debian")}}
}

// Alpine returns Alpine Linux 3.19.
func Alpine() sim.Image {
	return sim.Image{Name: "alpine", Cmd: []string{"/bin/sh"}, Commands: ofBusybox().With(packages.Alpine(standard())), Files: files("alpine")}
}

// Busybox returns busybox 1.35.
func Busybox() sim.Image {
	return sim.Image{Name: "busybox", Cmd: []string{"sh"}, Commands: ofBusybox(), Files: files("busybox")}
}

// ofBusybox returns the programs of an image with busybox alone.
func ofBusybox() command.Table {
	t := small("ip ifconfig route arp netstat brctl traceroute nc telnet sysctl", busybox.Applets())
	delete(t, "bash")
	delete(t, "dash")
	t["sh"], t["telnet"] = shell.Ash, inetutils.TelnetBusybox
	return t
}

// ofCentOS returns the programs of an image whose sh is bash.
func ofCentOS(more command.Table) command.Table {
	t := standard(command.Table{"sh": shell.Bash42, "bash": shell.Bash42, "telnet": inetutils.TelnetCentOS}, packages.CentOS(standard()), systemd.CentOS(), more)
	delete(t, "nft")
	return t
}
