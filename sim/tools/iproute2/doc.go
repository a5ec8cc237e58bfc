// Package iproute2 has commands of iproute2 6.1, as Debian 12 has them:
//
//	ip [OPTIONS] address [show [dev NAME] [scope SCOPE] [to PREFIX] [up]]
//	ip address { add | change | replace | del } PREFIX dev NAME [scope SCOPE] [brd ADDRESS | brd +]
//	ip address flush [dev] NAME
//	ip link [show [dev NAME] [master BRIDGE] [type veth | bridge] [up]]
//	ip link set [dev] NAME [up | down] [mtu BYTES]
//	ip route [show [[root | match | exact] PREFIX] [dev NAME] [via ADDRESS] [table main | all] [scope SCOPE] [proto PROTO]]
//	ip route { add | change | replace | del } PREFIX [via ADDRESS] [dev NAME] [src ADDRESS] [scope SCOPE] [proto PROTO]
//	ip route flush { PREFIX | dev NAME | table main | … }
//	ip route get ADDRESS [from ADDRESS] [oif NAME]
//	ip neighbour [show [to PREFIX] [dev NAME] [nud STATE]]
//	ip neighbour { add | change | replace | del } ADDRESS [lladdr MAC] dev NAME
//	ip neighbour flush { dev NAME | PREFIX | nud STATE | all }
//	bridge [-o] link [show [dev NAME]]
//	bridge fdb [show [br BRIDGE | brport NAME | dev NAME]]
//	tc [-s] [-d] [-o] qdisc [show [dev NAME] [root | parent CLASS | handle HANDLE]]
//	tc qdisc { add | change | replace } dev NAME { root | parent CLASS } [handle HANDLE] KIND …
//	tc qdisc del dev NAME { root | parent CLASS } [handle HANDLE]
//	ss [-tualnpsHO46] [--tcp …] [state STATE] [( ) sport dport src dst = …]
//
// Options of ip are -4, -6, -f inet|inet6, -s, -j, -p, -br, -o, -V and -c, which is accepted
// and colours nothing. Options, objects and commands may be cut short as in the real one
// ("ip -br a s eth0", "ip r", "ip n"). Whatever else it knows (rules, tunnels, metrics, further
// tables and types of interface) is refused as unknown. The broadcast address of an interface
// follows from its prefix: the one that is given is accepted and not kept.
//
// The kinds of tc are netem, tbf, codel, fq_codel, pfifo and bfifo; one netem, one tbf and one
// queue may hang on each other, tbf before netem or behind it. They impair what an interface
// sends, in a container, at the host's end of its cable (vethXXXXXXX), on docker0 (what the
// host itself sends there) and on uplinks; lo has none. Their options are those of iproute2 6.1
// but ce_threshold, estimator and stab, and "seed" of later ones, with "queue" and "mtu" of
// package veth. What the kernel would take and not do is refused by name. Handles that nobody
// gave count up from 8001: on the machine and its containers, as those of a kernel.
//
// The status is 2 when the kernel refuses, as it does in a container without NET_ADMIN, 1 for
// a device that does not exist and an object that is unknown, and 255 for most other faults of
// a command line, which iproute2 ends for by exit(-1).
package iproute2

import "drydock/sim/tools/command"

// Commands returns the commands of the suite.
func Commands() command.Table { return command.Table{"ip": IP, "bridge": Bridge, "ss": SS, "tc": TC} }
