package recorded

import (
	"regexp"

	"drydock/sim"
)

// A rule is about commands of a session.
type rule struct {
	session string         // its number, that of one release as "28/14", "" for all
	command *regexp.Regexp // or the section before " | "
	reason  string
}

func find(rules []rule, release sim.Release, session string, s step) *rule {
	for i, r := range rules {
		if (r.session == "" || r.session == number(session) || r.session == string(release)+"/"+number(session)) && r.command.MatchString(s.section+" | "+s.command) {
			return &rules[i]
		}
	}
	return nil
}

// notRun are commands that are not repeated.
var notRun = []rule{
	{"07a", re(`^before dockerd has ever been started`), "a host runs dockerd from its first moment on"},
	{"", re(`\| mount \|`), "there are no mounts"},
	{"", re(`readlink /proc`), "numbers of namespaces"},
	{"", re(`/var/log/nginx/access.log`), "the image of the lab wrote a file; Docker's own writes to standard output"},
	{"07c", re(`docker run --rm centos:v1 ip -4 -o addr|^iptables=false.*docker network ls`), "--bridge none is not emulated"},
	{"03a", re(`--network [0-9a-f]{5} `), "the beginning of a random ID"},
	{"", re(`ip link (add|set|del) (dummy0|hbr)`), "the address is given to another interface: see the plan"},
	{"", re(`tail -\d dockerd.log`), "dockerd's log"},
}

// notCompared are those that are repeated, and not compared.
var notCompared = []rule{
	{"14", re(`ip -o link show type veth`), "the lab's LAN was a cable, and networks are joined in random order"},
	{"13", re(`\.accept_dad`), "lists all settings that a kernel has for an interface"},
	{"", re(`ip -d link`), "lists parameters of the kernel's bridges and cables"},
	{"", re(`bridge fdb show`), "lists multicast addresses of the kernel"},
	{"", re(`curl -sS -i `), "the lab's nginx is Debian's 1.22.1, with another page"},
	{"", re(`nc -zuv -w 1 \S+ 9999`), "in the lab the limit of ICMP errors was reached"},
	{"09", re(`ping -c 7 172.17.0.99 \| while read`), "the fourth request was sent as its neighbour was given up: what came of it was a matter of microseconds"},
	{"09", re(`for i in 1 2 3 4 5 6 7 8; do ping`), "the line that follows is part of its output"},
	{"07c", re(`cat (est.out|ct.ev)`), "is what a command in the background wrote, which the script did not print"},
	{"07b", re(`^--link opens .*\| conntrack -L -p tcp`), "the container has just exited; dockerd forgets its connections 100 ms later, here at once"},
	{"29/13b", re(`\(timeout 5 tcpdump`), "questions for routers, at times that are random, were among the 12 packets after which tcpdump ended"},
	{"28/12", re(`^(trusted_host_interfaces|dockerd --allow-direct-routing).*\| nc -w 2 172.18.0.2 80 `), "the server of the recorded host, which was overloaded, did not answer within 2 seconds of docker run"},
	{"28/14", re(`\(timeout 4 tcpdump`), "the recorded host took more than a second to start the container, and tcpdump missed the third announcement"},
	{"08", re(`^auto-generated names`), "they are random"},
	{"08", re(`docker ps -s`), "files of the lab's images have another size"},
	{"08", re(`^address re-use and daemon restart \| for n`), "dockerd starts all at once: the order is random"},
}

// strangers are lines that are compared on neither side: of something outside of the lab, or there by chance.
var strangers = []rule{
	{"06", re(`ocker-proxy \| /usr/sbin/docker-proxy .* -host-port 9999 .* -container-port 9999$`), "processes of another Docker on the machine around the lab"},
	{"13b", re(`^\(timeout 5 tcpdump.* \| (.*(router solicitation|who has fd00:9::(99|2),|tgt is fd00:9::2,).*)?$`), "containers that were there before ask for routers at times that are random, and with their packets tcpdump ended by itself"},
	{"09", re(`ip link show type veth \| grep mtu \| 2: ens33@`), "the lab's LAN was a cable to another namespace"},
	{"09", re(`ping -c 4 -W 1 172.16.80.200 \| ping: sendmsg: No route to host$`), "an error of the requests before came as the fourth was sent"},
}

// anyOrder are those whose lines have no order that comes back.
var anyOrder = []rule{
	{"", re(`docker port`), "Docker goes through a map"},
	{"", re(`conntrack -[LD]|nf_conntrack`), "the kernel's table is one of hashes"},
	{"18", re(`/containers/json`), "Docker 28 goes through a map of ports"},
	{"", re(`docker network inspect .*{{range .Containers`), "containers are sorted by their IDs"},
	{"", re(`docker network prune`), "Docker goes through a map"},
	{"", re(`ip neigh|\barp\b`), "the kernel's table is one of hashes"},
	{"05", re(`\| ss -lnt$`), "the kernel's table is one of hashes"},
	{"", re(`log since mark`), "clients ask for both families at once"},
	{"", re(`ocker-proxy`), "processes start at once"},
	{"03b", re(`\| (dig|nslookup|getent)`), "addresses of one name are shuffled"},
	{"03b", re(`\| cat /etc/resolv.conf; (getent|dig) `), "the same"},
	{"03b", re(`\| busybox nslookup`), "prints replies as they come, and dockerd looks for A and AAAA at once"},
	{"09", re(`ping -c 2 (-s 1373 -M do m2|-M do -s 1472 172.16.80.47)`), "docker exec has two streams, of which one or the other is read first"},
	{"09", re(`timeout 4 tcpdump -lnni docker0 -c 8|timeout 3 tcpdump -lnnvi`), "tcpdump gets packets of the kernel in blocks, up to a second later"},
	{"04", re(`ip -4 -o addr show`), "networks are joined in random order"},
	{"14", re(`ip -4 -o addr show`), "networks are joined in random order"},
	{"", re(`\| env$|docker exec \S+ env$`), "several -e have a random order"},
}

// byNetwork are those that list rules, of which those of one network in one chain have an order, and networks none.
var byNetwork = []rule{
	{"16", re(`^userland-proxy=false.*\| nft list ruleset`), "after a restart networks come in the order of their IDs, which are random"},
	{"14", re(`iptables-save`), "networks are joined in random order"},
	{"07a", re(`^restart of dockerd.*\| iptables-save`), "after a restart networks come in the order of their IDs, which are random"},
	{"13b", re(`ip6tables-save`), "after a restart networks come in the order of their IDs, which are random"},
}
