// Package peers benchmarks other emulators of networks beside drydock, with the loads of
// drydock/bench/load. It is a module of its own so that who imports drydock does not get them:
//
//	cd bench/peers && go test -run '^$' -bench . -count 5
//
// The peers are
//
//   - drydock: two containers on docker0, with all its rules.
//   - wireguard-netstack: two netstacks of wireguard-go, whose tun devices a goroutine for each
//     direction joins, without encryption. It has no bridge and no rules.
//   - pion-vnet: two nets and a router of pion's transport with a queue of 1000. It has UDP alone,
//     and no packets, only data with addresses.
//   - gvisor-tap-vsock: in the module tapvsock below, for its own version of gVisor.
//
// Not there: ooni/netem, whose module the Go module proxy does not serve.
package peers
