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
)
