package packages

// The packages that have programs here, with the versions of the distributions.
var (
	debian = map[string]pack{
		"iputils-ping": {"3:20221126-1", "ping"}, "iproute2": {"6.1.0-3", "ip ss bridge tc"}, "net-tools": {"2.10-0.1", "ifconfig route arp netstat"},
		"curl": {"7.88.1-10+deb12u4", "curl"}, "wget": {"1.21.3-1+b2", "wget"}, "traceroute": {"1:2.1.2-1", "traceroute"}, "tcpdump": {"4.99.3-1", "tcpdump"},
		"dnsutils": {"1:9.18.19-1~deb12u1", "dig nslookup"}, "bind9-dnsutils": {"1:9.18.19-1~deb12u1", "dig nslookup"}, "bind9-host": {"1:9.18.19-1~deb12u1", "host"},
		"netcat-openbsd": {"1.219-1", "nc"}, "nftables": {"1.0.6-2+deb12u2", "nft"}, "ipset": {"7.17-1", "ipset"}, "iptables": {"1.8.9-2", "iptables iptables-save iptables-restore ip6tables"},
		"telnet": {"0.17+2.4-2+deb12u3", "telnet"}, "inetutils-telnet": {"2:2.4-2+deb12u3", "telnet"}, "bridge-utils": {"1.7.1-1", "brctl"}, "conntrack": {"1:1.4.7-1+b2", "conntrack"}, "procps": {"2:4.0.2-3", "ps sysctl"},
		"less": {"590-2", "less"}, "gawk": {"1:5.2.1-2", "awk"}, "bash": {"5.2.15-2+b2", "bash"}, "coreutils": {"9.1-1", "ls"},
	}
	ubuntu = map[string]pack{
		"iputils-ping": {"3:20211215-1", "ping"}, "iproute2": {"5.15.0-1ubuntu2", "ip ss bridge tc"}, "net-tools": {"1.60+git20181103.0eebece-1ubuntu5", "ifconfig route arp netstat"},
		"curl": {"7.81.0-1ubuntu1.14", "curl"}, "wget": {"1.21.2-2ubuntu1", "wget"}, "traceroute": {"1:2.1.0-2", "traceroute"}, "tcpdump": {"4.99.1-3ubuntu0.1", "tcpdump"},
		"dnsutils": {"1:9.18.18-0ubuntu0.22.04.1", "dig nslookup"}, "bind9-dnsutils": {"1:9.18.18-0ubuntu0.22.04.1", "dig nslookup"}, "bind9-host": {"1:9.18.18-0ubuntu0.22.04.1", "host"},
		"netcat": {"1.218-4ubuntu1", "nc"}, "netcat-openbsd": {"1.218-4ubuntu1", "nc"}, "nftables": {"1.0.2-1ubuntu3", "nft"}, "ipset": {"7.15-1build1", "ipset"}, "iptables": {"1.8.7-1ubuntu5.1", "iptables iptables-save iptables-restore ip6tables"},
		"telnet": {"0.17-44build1", "telnet"}, "bridge-utils": {"1.7-1ubuntu3", "brctl"}, "conntrack": {"1:1.4.6-2build2", "conntrack"}, "procps": {"2:3.3.17-6ubuntu2", "ps sysctl"},
		"less": {"590-1ubuntu0.22.04.1", "less"}, "gawk": {"1:5.1.0-1ubuntu0.1", "awk"}, "bash": {"5.1-6ubuntu1", "bash"}, "coreutils": {"8.32-4.1ubuntu1", "ls"},
	}
	alpine = map[string]pack{
		"curl": {"8.5.0-r0", "curl"}, "bind-tools": {"9.18.19-r1", "dig host"}, "iproute2": {"6.6.0-r0", "ip ss bridge tc"}, "iputils": {"20221126-r2", "ping"},
		"bash": {"5.2.21-r0", "bash"}, "nftables": {"1.0.9-r2", "nft"}, "ipset": {"7.19-r0", "ipset"}, "iptables": {"1.8.10-r3", "iptables iptables-save iptables-restore ip6tables"}, "net-tools": {"2.10-r3", "ifconfig route arp netstat"},
		"netcat-openbsd": {"1.226-r0", "nc"}, "bridge-utils": {"1.7.1-r2", "brctl"}, "conntrack-tools": {"1.4.8-r0", "conntrack"}, "wget": {"1.21.4-r0", "wget"},
		"busybox-extras": {"1.36.1-r15", "telnet"}, "traceroute": {"2.1.5-r0", "traceroute"}, "tcpdump": {"4.99.4-r1", "tcpdump"},
	}
	centos = map[string]pack{
		"iputils": {"20160308-10.el7", "ping"}, "iproute": {"4.11.0-30.el7", "ip ss bridge tc"}, "net-tools": {"2.0-0.25.20131004git.el7", "ifconfig route arp netstat"},
		"curl": {"7.29.0-59.el7_9.1", "curl"}, "wget": {"1.14-18.el7_6.1", "wget"}, "traceroute": {"2.0.22-2.el7", "traceroute"}, "tcpdump": {"4.9.2-4.el7_7.1", "tcpdump"},
		"bind-utils": {"9.11.4-26.P2.el7_9.14", "dig nslookup host"}, "nmap-ncat": {"6.40-19.el7", "nc"}, "telnet": {"0.17-66.el7", "telnet"},
		"nftables": {"0.8-14.el7", "nft"}, "iptables": {"1.4.21-35.el7", "iptables iptables-save iptables-restore"}, "bridge-utils": {"1.5-9.el7", "brctl"},
		"conntrack-tools": {"1.4.4-7.el7", "conntrack"}, "procps-ng": {"3.3.10-28.el7", "ps sysctl"}, "less": {"458-9.el7", "less"}, "nginx": {"1.20.1-10.el7", "nginx"},
		"which": {"2.20-7.el7", "which"}, "gawk": {"4.0.2-4.el7_3.1", "awk"}, "bash": {"4.2.46-35.el7_9", "bash"}, "coreutils": {"8.22-24.el7_9.2", "ls"},
	}
)
