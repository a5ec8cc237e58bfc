package recorded

import (
	"slices"
	"strconv"
	"strings"

	"drydock/sim"
)

const idNames = "id"

var (
	tables    = re(`docker (ps|container ls|images)`)
	listings  = re(`iptables`)
	pings     = re(`ping|busybox`)
	addresses = re(`\bip\b|ifconfig|bridge|iflink|ifindex|tc `)
	// What sessions show of containers on several networks.
	severalNetworks = re(`^ip -4 -o addr show . grep -v ' lo '; ip route`)

	conntrack = re(`conntrack`)
	digs      = re(`dig|nslookup|log since mark`)
)

// masks are what is not compared as it stands, in the order in which they are applied.
var masks = []mask{
	{find: re(`^172\.17\.0\.3 dev eth0 (lladdr \S+ \w+|INCOMPLETE) $`), group: 1, in: re(`^ip neigh(; ping -c 1 172.17.0.3; ip neigh)?$`), reason: "the peer had gone: how long ago the recorded host had heard of it"},
	{find: re(`\b8000\.[0-9a-f]{12}\b|\bveth[0-9a-f]{7}\b`), in: re(`brctl`), reason: "are sorted by random names"},
	{find: re(`^\{("[0-9a-f]{64}":\{"Name":.*\})\}$`), group: 1, with: byName, in: re(`docker network inspect \w+ -f '\{\{json .Containers\}\}'`), reason: "are sorted by their IDs"},
	{find: re(`[0-9a-fA-F]{64}|[0-9a-fA-F]{12}`), names: idNames, reason: "IDs are random"},
	{find: re(`\bveth[0-9a-f]{7}\b`), names: "veth", reason: "names of cables are random"},
	{find: re(`\bfe80::[0-9a-f:]+`), names: "link-local address", reason: "is made from a random MAC address"},
	{find: re(`\bff02::1:ff[0-9a-f:]+`), names: "solicited-node address", in: re(`tcpdump`), reason: "is made from a random MAC address"},
	{find: re(`\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b`), names: "MAC address", reason: "MAC addresses of bridges and cables are random"},
	{find: re(`\bfd(?:7a:4213:c0a7|0d:1901:4207|[0-9a-f]{2}:[0-9a-f]{3,4}:[0-9a-f]{3,4})\b`), names: "unique local prefix", reason: "is made of the host's ID"},
	{find: re(`"size": (\d+)`), group: 1, reason: "of manifests of the lab's images"},
	{find: re(`"Created": (\d+)`), group: 1, reason: "times"},
	{find: re(`"CreatedAt":"([^"]*)"`), group: 1, in: re(`docker ps`), reason: "times"},
	{find: re(`"Status": "Up ([^"(]*)"`), group: 1, in: re(`/containers/json`), reason: "times"},
	{find: re(`execDuration=(\d+)`), group: 1, in: re(`docker events`), reason: "how long the recorded host took"},
	{find: re(`[\d.]+[kMG]?B \(virtual [\d.]+[kMG]B\)`), reason: "files of the lab's images have another size"},
	{find: re(`^ Images: (\d+)`), group: 1, in: re(`docker info`), reason: "the lab had more"},
	{find: re(`^ (?:Kernel Version|Total Memory): (.*)`), group: 1, in: re(`docker info`), reason: "of the recorded machine"},
	{find: re(`\+dfsg4`), with: always(""), in: re(`docker (info|version)|/version`), reason: "the lab's 28 was built by Debian"},
	{find: re(`^ +(?:Go version|Git commit|Built): (.*)`), group: 1, in: re(`docker version`), reason: "the lab's commands and daemons were built elsewhere"},
	{find: re(`^Server:.*`), with: always("Server:"), in: re(`docker version`), reason: "an emulated host says that it is one"},
	{find: re(`"Platform":\{"Name":"(\w*)"\}`), group: 1, in: re(`/version`), reason: "the same"},
	{find: re(`(?:,"KernelVersion":"[^"]*")?(?:,"BuildTime":"[^"]*")?\}$`), with: always("}"), in: re(`/version`), reason: "of the recorded machine, and of where its daemon was built"},
	{find: re(`"(?:GoVersion|GitCommit|KernelVersion|BuildTime)":"([^"]*)"`), group: 1, in: re(`/version`), reason: "the same"},
	{find: re(`^ ID: (\S+)`), group: 1, in: re(`docker info`), reason: "IDs are random"},
	{find: re(`^2: (?:ens33@if\d+|eth0): .* state UP (?:qlen 1000)?$`), with: always("2: eth0"), in: re(`ip -6 addr show$`), reason: "the lab's LAN was a cable to another namespace"},
	{find: re(`^(\d+): eth\d+ +inet .* scope global`), group: 1, names: ofOneCommand + "interface", in: severalNetworks, reason: "networks are joined in random order"},
	{find: re(`\b(eth\d+)\b`), group: 1, names: ofOneCommand + "device", in: severalNetworks, reason: "the same"},
	{find: re(`^2: (ens33@if.*|eth0: .*UP group default.*)`), group: 1, with: always("eth0"), in: re(`\bip addr|ip -4 addr show; ip route`), reason: "the lab's LAN was a cable to another namespace"},
	{find: re(`^(\d+): eth\d+@`), group: 1, names: "container's interface", in: addresses, of: sim.Docker28, reason: "each container counts its own: another word than those of the host"},
	{find: re(`^(\d+): eth\d+@`), group: 1, names: "container's interface", in: addresses, of: sim.Docker29, reason: "the same"},
	{find: re(`^(\d+): \S+: <`), group: 1, names: "interface", in: addresses, reason: "the kernel has counted namespaces of other runs"},
	{find: re(`@if(\d+)`), group: 1, names: "interface", in: addresses, reason: "the same"},
	{find: re(`^(\d+): \S+ +inet`), group: 1, names: "interface", in: addresses, reason: "the same"},
	{find: re(`^(\d+)$`), group: 1, names: "interface", in: re(`iflink|ifindex`), reason: "the same"},
	{find: re(`link-netnsid (\d+)`), group: 1, in: addresses, reason: "counts namespaces of other runs"},
	{find: re(`\bens33\b`), with: always("eth0"), reason: "the first interface of a machine is eth0 here"},

	{find: re(`(?: nodad)?(?: tentative)? $`), with: always(" "), in: re(`\bip\b`), reason: "addresses work at once, as the README says"},
	{find: re(`(?: link-netnsid \S+)?$`), with: always(""), in: re(`\bip addr$`), reason: "the lab's LAN was a cable to another namespace"},
	{find: re(`<(?:NO-CARRIER,)?BROADCAST,MULTICAST,UP> mtu 1500 state (?:UP|DOWN)`), with: always("<BROADCAST,MULTICAST,UP> mtu 1500"), in: re(`ip -6 addr show$`), reason: "the kernel notes up to a second later that the last port of a bridge is gone"},
	{find: re(` (REACHABLE|STALE|DELAY|PROBE) `), group: 1, in: re(`ip neigh`), reason: "how long ago the recorded host had heard of a neighbour"},
	{find: re(`^net\.ipv4\.(?:ip_forward|conf\.eth0\.forwarding) = (\d)`), group: 1, in: re(`sysctl -a .*ping_group_range`), reason: "is inherited from the kernel's first namespace, which was not the lab's"},
	{find: re(`^net\.ipv6\.conf\.all\.forwarding = (\d)`), group: 1, in: re(`^sysctl net.ipv4.ip_forward .*default.forwarding net.ipv6`), reason: "the same"},
	{find: re(`txqueuelen \d+`), in: re(`ifconfig`), reason: "the lab's LAN was a cable to another namespace"},
	{find: re(`(?:[RT]X (?:packets|errors) .*)`), in: re(`ifconfig`), reason: "count frames of IPv6's neighbour discovery, by chance"},
	{find: re(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)`), reason: "times"},
	{find: re(`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? .*\d\d:\d\d:\d\d.*\d{4}( GMT| UTC)?`), reason: "times"},
	{find: re(`\[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\]`), reason: "times"},
	{find: re(`^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d`), in: re(`nginx|docker logs`), reason: "times"},
	{find: re(`\[notice\] (\d+#\d+):`), group: 1, in: re(`nginx|docker logs`), reason: "numbers of processes"},
	{find: re(`"Pid": (\d+)`), group: 1, reason: "numbers of processes"},
	{find: re(`(?:About an? (?:minute|hour)|Less than a second|\d+ (?:second|minute|hour)s?)(?: ago)?`), in: tables, reason: "how long the recorded host took"},
	{find: re(` {2,}`), with: always("  "), in: tables, reason: "columns are as wide as the times"},

	{find: re(`established,related counter (packets [1-9]\d* bytes \d+)`), group: 1, in: re(`nft list`), reason: "segments and acknowledgements of another stack, and a page of another length"},
	{find: re(`packets \d+ bytes (\d+) drop comment "DROP DIRECT ACCESS"`), group: 1, in: re(`nft list chain`), reason: "gVisor repeats a SYN-ACK with fewer options"},

	{find: re(`^net.ipv4.ip_forward = (\d)`), group: 1, in: re(`^sysctl net.ipv4.ip_forward; ping`), reason: "the lab's containers had that of the machine around it"},
	{find: re(`"/[^\]]*"`), with: list, in: re(`json .HostConfig.Links`), reason: "docker goes through a map"},
	{find: re(`\w+,\w+$`), with: list, in: re(`\{\{.Networks\}\}`), reason: "docker goes through a map"},

	{find: re(`time=([\d.]+ ms)`), group: 1, in: pings, reason: "how long a packet took"},
	{find: re(`(?:rtt|round-trip) .*= (.*ms)`), group: 1, in: pings, reason: "the same"},
	{find: re(`time (\d+ms)$`), group: 1, in: re(`ping -c 68 b1$`), reason: "each of 67 seconds took 22 ms longer"},
	{find: re(`bytes from (\S+) .*icmp_seq=(?:59|60) `), group: 1, in: re(`ping -c 68 b1$`), reason: "a name is there some milliseconds after the interface, which announces itself and is answered at once"},
	{find: re(`time (\d+)ms`), group: 1, with: seconds, in: pings, reason: "the same"},
	{find: re(`^pipe (\d+)$`), group: 1, in: re(`^ping -c 4 172.16.80.202$`), reason: "whether the fourth request was sent before the neighbour was given up: both happened three seconds after the first"},
	{find: re(`bytes from (172\.17\.0\.[45]):`), group: 1, names: ofOneCommand + "answerer", in: re(`^ping -b -c 2 -W 1 172.17.255.255$`), reason: "two answer at once"},
	{find: re(`^\[(\d+\.\d+)\]`), group: 1, in: pings, reason: "times"},
	{find: re(`expires (\d+)sec`), group: 1, in: re(`ip route get`), reason: "how long the recorded host took"},
	{find: re(`\d\.\d+ ms`), in: re(`traceroute`), reason: "how long a packet took"},
	{find: re(`^\d+\.\d+ `), with: always(" "), in: re(`EPOCHREALTIME`), reason: "times"},
	{find: re(`^(?:real|user|sys) \d+(\.\d+)`), group: 1, in: re(`time -p`), reason: "how long the recorded host took"},
	{find: re(`^(\d\d:\d\d:\d\d\.\d+) `), group: 1, in: re(`tcpdump`), reason: "times"},
	{find: re(`(?:seq|ack|win|wscale) \d+(?::\d+)?|TS val \d+ ecr \d+|mss \d+|ICMP echo \w+, id \d+|, id \d+,`), in: re(`tcpdump`), reason: "sequence numbers, windows and IDs are random or another stack's"},
	{find: re(`\.([3-6]\d{4})\b`), group: 1, names: ofOneCommand + "port", in: re(`tcpdump`), reason: "ports of clients are random"},
	{find: re(`_NAME=/([a-z]+_[a-z]+)/`), group: 1, reason: "names that Docker makes up are random"},
	{find: re(`pid=(\d+),fd=(\d+)`), in: re(`\bss\b`), reason: "numbers of processes"},
	{find: re(`PortProcess( *)$`), group: 1, at: re(`ss -lntup$`), reason: "is as wide as those numbers"},
	{find: re(`127\.0\.0\.11:(\d+)`), group: 1, names: "port of the resolver", in: re(`\bss\b|netstat|iptables|nsenter`), reason: "are random"},
	{find: re(`\bsport (\d{5}) counter`), group: 1, names: "port of the resolver", in: re(`nsenter`), reason: "the same"},
	{find: re(`--sport (\d{5})`), group: 1, names: "port of the resolver", in: re(`nsenter`), reason: "the same"},
	{find: re(`spt:(\d{5})`), group: 1, names: "port of the resolver", in: re(`nsenter`), reason: "the same"},
	{find: re(`172\.18\.0\.[4-7](?:[ ;].*172.18.0.[4-7])+`), with: sorted, in: re(`dig \+short web|getent hosts web`), reason: "addresses of one name are shuffled"},
	{find: re(`^PING web \(([\d.]+)\)`), group: 1, in: pings, reason: "the same"},
	{find: re(`^PING test2 \(([\d.]+)\)`), group: 1, at: re(`^03b \[d[12]\] `), reason: "the same: it is an alias of another container, too"},
	{find: re(`from (\w+\.net \(172\.18\.0\.\d\))`), group: 1, names: ofOneCommand + "holder", at: re(`^03b \[(test1\] ping -c \d web|d1\] ping|d2\] cat)`), reason: "the same"},
	{find: re(`(?:src|dst)=(172\.18\.0\.[34])`), group: 1, names: ofOneCommand + "holder", at: re(`^03b .* test1\) -n sh -c 'cat /proc/net/nf_conntrack`), reason: "the same"},
	{find: re(`^ *(\d+ +\d+) (?:DOCKER_|DNAT +(?:17|udp) )`), group: 1, at: re(`^03b .* iptables -t nat -L -n -v`), reason: "how many questions there were depends on which holder of a name answered: 28 had one more than 29"},
	{find: re(`after (\d+) (?:ms|milliseconds)`), group: 1, with: seconds, in: re(`curl`), reason: "how long the recorded host took"},

	{find: re(`\[\d+:\d+\]`), with: always("[0:0]"), in: listings, reason: "counters of policies count what else the recorded host sent"},
	{find: re(` (?:0|1|6|17) {3,4}-- `), with: protocol, in: listings, reason: "protocols have names here, as before and after iptables 1.8.9"},

	{find: re(`you are \S+:(\d+)`), group: 1, names: ofOneCommand + "port", reason: "ports of clients are random"},
	{find: re(`\b[sd]port=(\d{4,5})\b`), group: 1, names: ofOneCommand + "port", in: conntrack, reason: "the same"},
	{find: re(`\buse=(\d)`), group: 1, in: conntrack, reason: "counts who in the kernel has the entry in hand"},
	{find: re(`^udp +17 (\d+) `), group: 1, with: udpTimeout, in: conntrack, reason: "how long the recorded host took"},
	{find: re(`^(?:ipv[46] +\d+ )?\w+ +\d+ (\d+) `), group: 1, with: timeout, in: conntrack, reason: "how long the recorded host took"},
	{find: re(`\bid=(\d+)`), group: 1, names: ofOneCommand + "icmp", in: conntrack, reason: "IDs of pings are random"},

	{find: re(`, id: (\d+)`), group: 1, in: digs, reason: "IDs of queries are random"},
	{find: re(`Query time: (\d+) msec`), group: 1, with: seconds, in: digs, reason: "how long the recorded host took"},
	{find: re(`^ {4}(\d\d:\d\d:\d\d) `), group: 1, in: digs, reason: "times"},
	{find: re(`from \S+:(\d+) `), group: 1, in: digs, reason: "ports of clients are random"},
	{find: re(` id=(\d+) `), group: 1, in: digs, reason: "IDs of queries are random"},
}

// drops are lines that are not compared, wherever they are.
var drops = []mask{
	{find: re(` ARP, (Request who-has 172\.17\.0\.1 tell|Reply 172\.17\.0\.1 is-at) `), at: re(`^01 .*tcpdump -lnni docker0`), reason: "5 s after a container has used its neighbour it asks for it again, also while others are watched"},
}

func always(text string) func(string) string { return func(string) string { return text } }

// seconds leaves the seconds of milliseconds, rounded.
func seconds(ms string) string {
	n, _ := strconv.Atoi(ms)
	return strconv.Itoa((n+500)/1000) + "‹›"
}

// timeout leaves how long the timeout of a connection is, roughly.
func timeout(s string) string {
	n, _ := strconv.Atoi(s)
	for _, limit := range []int{10, 30, 60, 120, 300, 86400, 432000} {
		if n <= limit {
			return "up to " + strconv.Itoa(limit)
		}
	}
	return s
}

// udpTimeout leaves which of the two that UDP has it is.
func udpTimeout(s string) string {
	if n, _ := strconv.Atoi(s); n <= 30 {
		return "up to 30"
	}
	return "up to 120"
}

var protocols = map[string]string{"0": "all", "1": "icmp", "6": "tcp", "17": "udp"}

func protocol(column string) string {
	number := strings.Fields(column)[0]
	return " " + (protocols[number] + "    ")[:4] + " -- "
}

// list sorts words between commas.
func list(text string) string { return strings.Join(slices.Sorted(strings.SplitSeq(text, ",")), ",") }

// byName sorts the containers of a network.
func byName(text string) string {
	list := re(`"[0-9a-f]{64}":\{[^}]*\}`).FindAllString(text, -1)
	slices.SortFunc(list, func(a, b string) int { return strings.Compare(a[66:], b[66:]) })
	return strings.Join(list, ",")
}

// sorted sorts words.
func sorted(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ';' })
	slices.Sort(words)
	return strings.Join(words, " ")
}
