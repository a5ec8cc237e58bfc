// Package images has images for a host of package sim: those that tutorials name, with
// servers that answer as the real ones do, and the programs that the real ones have.
//
//	host, err := sim.NewHost(sim.WithImages(images.All()...))
//	c, err := host.Run("web", sim.WithImage(images.Nginx()))
//
//	nginx                      1.20: its welcome page, and what is put into /usr/share/nginx/html
//	tomcat                     10.1 on port 8080; without applications, all is 404
//	mysql                      8.0 on port 3306: its greeting, and nobody is let in
//	training/webapp            "Hello world!" on port 5000
//	training/postgres          9.3 on port 5432: nobody is let in
//	centos                     CentOS 7 with net-tools, iproute, bind-utils and others
//	centos:v1                  CentOS 8, which sleeps
//	centos_nginx:1.0           CentOS 7 in which nginx can be started
//	debian, ubuntu             without programs for the network, which apt-get can install
//	alpine, busybox            with those of busybox; apk can install others in alpine
//	hello-world                its message
//	httpd                      2.4: "It works!", and what is put into /usr/local/apache2/htdocs
//	itcoke/mytomcat8:1.0       tomcat with ip and ping
//	itcoke/mysql8:1.0          mysql with ip and ping
//
// A program that an image does not have is not found there, as in the real one: ping for
// one in nginx. Servers write their log to standard output as the real ones do.
package images

import (
	"maps"
	"strings"
	"time"

	"drydock/sim"
	"drydock/sim/tools"
	"drydock/sim/tools/command"
	"drydock/sim/tools/dockercli"
	"drydock/sim/tools/packages"
	"drydock/sim/tools/systemd"
)

// All returns all images, with their sizes and, of those that Docker Hub has, tags that are pulled
// there: all of them are the image that stands here, whatever they say.
func All() []sim.Image {
	all := []sim.Image{
		Nginx(), Tomcat(), MySQL(), Webapp(), Postgres(), CentOS(), centOSv1(), centOSNginx(),
		Debian(), Ubuntu(), Alpine(), Busybox(), myTomcat(), mySQL8(), HelloWorld(), Httpd(),
	}
	for i := range all {
		p := published[all[i].Name]
		all[i].Size = p.size
		if created, _ := time.Parse(time.DateOnly, p.created); created.Before(time.Now()) {
			all[i].Created = created // else the clock is a virtual one that has yet to come there
		}
		if p.tags != "" {
			all[i].Tags = strings.Fields(p.tags)
		}
	}
	return all
}

// published has the sizes of images, as docker images shows those of the real ones, the days when
// those were made, and the patterns of the tags that people use of them. Who made an image on a
// machine has no registry.
var published = map[string]struct {
	size    int64
	created string
	tags    string
}{
	"nginx":                {141_530_000, "2021-11-17", "latest 1 1.[0-9]* stable* mainline* alpine* perl"},
	"tomcat":               {484_000_000, "2022-11-15", "latest 10* 9* 8* 7* jdk* jre*"},
	"mysql":                {556_000_000, "2021-10-12", "latest 8* 5* oracle debian"},
	"training/webapp":      {348_800_000, "2015-05-27", "latest"},
	"training/postgres":    {365_000_000, "2014-06-12", "latest"},
	"centos":               {203_900_000, "2021-09-15", "latest 7 7.[0-9]* centos7* 8 8.[0-9]* centos8* 6* centos6*"},
	"centos:v1":            {231_200_000, "2021-09-16", ""},
	"centos_nginx:1.0":     {288_500_000, "2021-10-08", ""},
	"httpd":                {167_700_000, "2023-04-12", "latest 2 2.[0-9]* alpine*"},
	"hello-world":          {13_260, "2023-05-04", "latest linux"},
	"debian":               {116_500_000, "2023-12-19", "latest 12* 11* 10* 9* bookworm* bullseye* buster* stretch* stable* oldstable* testing* sid*"},
	"ubuntu":               {77_820_000, "2023-10-05", "latest 2[0-9].[0-9][0-9] 18.04 16.04 14.04 jammy* focal* bionic* xenial* trusty* rolling devel"},
	"alpine":               {7_377_000, "2024-01-27", "latest 3 3.[0-9]* edge"},
	"busybox":              {4_855_000, "2022-12-06", "latest 1 1.[0-9]* glibc* musl* uclibc* stable* unstable*"},
	"itcoke/mytomcat8:1.0": {487_200_000, "2021-04-20", ""},
	"itcoke/mysql8:1.0":    {449_300_000, "2021-04-20", ""},
}

// ofNetwork are the programs that small images do not have.
const ofNetwork = `ping ping4 ping6 traceroute tcpdump curl wget nc telnet dig nslookup host ip ss bridge tc ifconfig route arp
	netstat brctl sysctl iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore conntrack nft ipset`

// standard returns the programs of a large image. Docker runs on the host alone.
func standard(more ...command.Table) command.Table {
	t := tools.Default()
	for _, ofHost := range []command.Table{dockercli.Commands(), packages.Debian(nil), systemd.Commands()} {
		for name := range ofHost {
			delete(t, name)
		}
	}
	return t.With(more...)
}

// small returns those of an image without programs for the network, but for some.
func small(some string, more ...command.Table) command.Table {
	all := standard()
	t := maps.Clone(all)
	for name := range strings.FieldsSeq(ofNetwork) {
		delete(t, name)
	}
	for name := range strings.FieldsSeq(some) {
		if f, ok := all[name]; ok {
			t[name] = f
		}
	}
	return t.With(more...)
}

// debianWith returns small with Debian's packages, and ubuntuWith with Ubuntu's.
func debianWith(some string, more ...command.Table) command.Table {
	return small(some, append([]command.Table{packages.Debian(standard()), {"service": systemd.Service}}, more...)...)
}

func ubuntuWith(some string, more ...command.Table) command.Table {
	return small(some, append([]command.Table{packages.Ubuntu(standard()), {"service": systemd.Service}}, more...)...)
}
