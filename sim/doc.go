// Package sim emulates container networking inside one process, with the nouns and the
// behaviour of Docker. Containers are TCP/IP stacks joined by virtual cables; what runs "in"
// one is Go code that uses the container's methods in place of package net's:
//
//	host, err := sim.NewHost()
//	web, err := host.Run("web")
//	cli, err := host.Run("cli")
//	l, err := web.Listen(ctx, "tcp", ":80")
//	go http.Serve(l, handler)
//	resp, err := cli.HTTPClient().Get("http://172.17.0.2/")
//
// No privileges, devices or sockets of the real machine are used, and nothing reaches real
// networks, unless Expose or WithRealUplink asks for it.
//
// # The nouns
//
//	Netns      what has sockets, names, interfaces and routes: every Machine and Container
//	Machine    a Netns with uplinks, routes, sysctls and a firewall; NewMachine
//	Host       a Machine that runs Docker; NewHost
//	Network    a bridge of a Host; docker0 is the first, CreateNetwork makes more
//	Container  a Netns that starts and stops; Host.Run and Host.Create
//	Image      what a container is made from: its programs, files, environment and ports
//	LAN        the outside: an Ethernet segment between machines; NewLAN
//	Link       the cable of a container to a network or of a machine to a LAN
//
// # Where to begin
//
//	in a test                      package simtest: hosts that close with it, virtual time
//	dial, listen, look up, ping    the methods of Netns
//	make networks                  Host.CreateNetwork; WithNetwork for a container
//	have names                     any network but docker0; WithAlias
//	have IPv6                      WithSubnet, WithFixedCIDRv6
//	run a program                  Image.Commands or Image.Main with WithImage; Container.Go
//	run another one beside it      Netns.Exec; WithCommands
//	have images of tutorials       WithImages with package images
//	talk to it, read its log       Container.Attach, Logs, Signal
//	see what happens               Host.Events
//	read and write files           Netns.FS, Image.Files
//	wait for it                    Container.WaitListening, Container.Wait
//	publish ports                  WithPublish; NewLAN and WithUplink for clients
//	change rules                   Machine.Firewall with package nat/iptables
//	pull a cable, lose packets     Container.Link and Machine.Uplink
//	keep some from others          Network.Partition, Network.Block, Container.Isolate
//	have frames wait, reorder them Link.Inflight
//	spoil names                    WithResolver with dnsd.Faults
//	build routers                  NewMachine, SetSysctl, AddRoute
//	put a NAT between LANs         WithNAT
//	stop, freeze, rename           the methods of Container
//	move between networks          Container.Connect, Disconnect
//	see what Docker would tell     Container.Inspect, Summary, State; Network.Inspect
//	run docker, ip, iptables …     package tools
//	serve Docker's HTTP API        package dockerd
//	make all of it from JSON       CreateSpec, CreateNetworkSpec, ConnectSpec
//	meet the real world            Expose, WithRealUplink
//
// # Time
//
// By default machines live in real time. One made WithVirtualTime inside a testing/synctest
// bubble lives in the bubble's time: a second passes as soon as every goroutine waits for it. One
// made WithRepeatable besides does the same frame by frame, run after run.
//
// # Errors
//
// What fails on the network fails as in package net: *net.OpError wrapping a syscall.Errno,
// net.ErrClosed, os.ErrDeadlineExceeded, a context error, or a *net.DNSError. What fails in
// management fails with *Error, which wraps a sentinel and reads as Docker's own message.
package sim
