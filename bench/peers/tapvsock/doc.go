// Package tapvsock benchmarks gvisor-tap-vsock, the network of podman machine, with the loads of
// drydock/bench/load: two netstacks are its virtual machines, each of which a Unix socket with QEMU's
// framing joins to its switch. It is a module of its own for the version of gVisor that it compiles with.
// The ends have the buffers of drydock's containers.
//
//	cd bench/peers/tapvsock && go test -run '^$' -bench . -count 5
package tapvsock
