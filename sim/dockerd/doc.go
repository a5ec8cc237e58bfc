// Package dockerd is the core of Docker's HTTP API, version 1.41, over an emulated host: the
// clients of a real Docker, the command docker among them, drive a sim.Host through it.
//
//	handler := dockerd.Handler(host)
//	conn, err := dockerd.Dial(ctx, handler)             // in memory
//	l, err := dockerd.Listen("unix", "/run/sim.sock")   // or for other programs
//	err = dockerd.Serve(ctx, l, handler)
//
// # Routes
//
// Each is there with and without a version, /v1.12 to /v1.41. All others, among them those
// for building, volumes, swarm and plugins, are unknown: 404 "page not found". Those of a
// swarm that the command docker asks are answered as by a Docker that is in none.
//
//	GET, HEAD /_ping    GET /version /info /events
//	containers   json, create, prune; of one: json, start, stop, kill, restart, pause,
//	             unpause, rename, wait, attach, logs, resize, top, exec, and DELETE
//	exec         start, resize, json
//	networks     list, inspect, create, connect, disconnect, prune, DELETE
//	images       json, create (pull), json of one, DELETE
//
// Parameters and fields that mean nothing to an emulated network are ignored, as are
// those that Docker does not know. Statuses and messages are those of Docker Engine
// 20.10.24, by its source and by recordings.
//
// # Connections
//
// Any number of Handlers serve the same host and keep nothing of their own. Attach and the start of an exec take the connection over,
// upgraded or not, as Docker's do. A request that waits ends when its client goes; a command
// that a client started goes on. A client that has closed one direction of a connection
// by TCP, or on a system other than Linux, and then vanishes is noticed when something is
// written to it, or with the end of the process.
package dockerd
