package iproute2

// The texts of help have what there is here.
const (
	usage = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { address | help | link | neighbor | neighbour | route }
       OPTIONS := { -V[ersion] | -s[tatistics] | -j[son] | -p[retty] |
                    -f[amily] { inet | inet6 } | -4 | -6 | -br[ief] |
                    -o[neline] | -c[olor]}
`
	addressUsage = `Usage: ip address {add|change|replace} IFADDR dev IFNAME
       ip address del IFADDR dev IFNAME
       ip address flush [ dev IFNAME ]
       ip address [ show [ dev IFNAME ] [ scope SCOPE-ID ] [ to PREFIX ] [up] ]
IFADDR := PREFIX [ broadcast ADDR ] [ scope SCOPE-ID ]
SCOPE-ID := [ host | link | global ]
`
	linkUsage = `Usage: ip link set { DEVICE | dev DEVICE } [ { up | down } ] [ mtu MTU ]
       ip link show [ DEVICE ] [up] [master DEV] [type TYPE]
       ip link help
TYPE := { bridge | veth }
`
	neighbourUsage = `Usage: ip neigh { add | del | change | replace }
                { ADDR [ lladdr LLADDR ] [ nud STATE ] } [ dev DEV ]
       ip neigh { show | flush } [ to PREFIX ] [ dev DEV ] [ nud STATE ]
STATE := { delay | failed | incomplete | permanent |
           probe | reachable | stale }
`
	routeUsage = `Usage: ip route { list | flush } SELECTOR
       ip route get ADDRESS [ from ADDRESS ] [ oif STRING ]
       ip route { add | del | change | replace } ROUTE
SELECTOR := [ root PREFIX ] [ match PREFIX ] [ exact PREFIX ]
            [ table TABLE_ID ] [ proto RTPROTO ] [ scope SCOPE ]
            [ dev STRING ] [ via ADDRESS ]
ROUTE := PREFIX [ via ADDRESS ] [ dev STRING ] [ src ADDRESS ]
TABLE_ID := [ main | all ]
SCOPE := [ host | link | global ]
`
	tcUsage = `Usage:	tc [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { qdisc }
       OPTIONS := { -V[ersion] | -s[tatistics] | -o[neline] }
`
	qdiscUsage = `Usage: tc qdisc [ add | del | replace | change | show ] dev STRING
       [ handle QHANDLE ] [ root | parent CLASSID ]
       [ [ QDISC_KIND ] [ help | OPTIONS ] ]

       tc qdisc { show | list } [ dev STRING ] [ QDISC_ID ]
Where:
QDISC_KIND := { [p|b]fifo | tbf | netem | codel | fq_codel }
OPTIONS := ... try tc qdisc add <desired QDISC_KIND> help
QDISC_ID := { root | handle QHANDLE | parent CLASSID }
`
	netemUsage = `Usage: ... netem [ limit PACKETS ]
                 [ delay TIME [ JITTER [CORRELATION]]]
                 [ distribution {uniform|normal|pareto|paretonormal} ]
                 [ corrupt PERCENT [CORRELATION]]
                 [ duplicate PERCENT [CORRELATION]]
                 [ loss random PERCENT [CORRELATION]]
                 [ loss state P13 [P31 [P32 [P23 P14]]]
                 [ loss gemodel PERCENT [R [1-H [1-K]]]
                 [ ecn ]
                 [ reorder PERCENT [CORRELATION] [ gap DISTANCE ]]
                 [ rate RATE [PACKETOVERHEAD] [CELLSIZE] [CELLOVERHEAD]]
                 [ slot MIN_DELAY [MAX_DELAY] [packets MAX_PACKETS] [bytes MAX_BYTES]]
                 [ slot distribution {uniform|normal|pareto|paretonormal|custom}
                   DELAY JITTER [packets MAX_PACKETS] [bytes MAX_BYTES]]
`
	tbfUsage = `Usage: ... tbf limit BYTES burst BYTES[/BYTES] rate KBPS [ mtu BYTES[/BYTES] ]
	[ peakrate KBPS ] [ latency TIME ] [ overhead BYTES ] [ linklayer TYPE ]
`
	codelUsage = `Usage: ... codel [ limit PACKETS ] [ target TIME ]
		 [ interval TIME ] [ ecn | noecn ]
`
	fqCodelUsage = `Usage: ... fq_codel	[ limit PACKETS ] [ flows NUMBER ]
[ memory_limit BYTES ]
[ target TIME ] [ interval TIME ]
[ quantum BYTES ] [ [no]ecn ]
[ drop_batch SIZE ]
`
	fifoUsage = `Usage: ... <[p|b]fifo | pfifo_head_drop> [ limit NUMBER ]
`
)
