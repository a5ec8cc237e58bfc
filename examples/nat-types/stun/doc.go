// Package stun tells the kinds of NATs of Drydock apart as programs in the field do, by RFC 5780:
// a server on two addresses and two ports of an emulated machine, and a client that asks it. The
// messages are those of github.com/pion/stun, whose command stun-nat-behaviour is the example for the
// client. It is a module of its own, so that who imports drydock does not get pion:
//
//	cd examples/nat-types/stun && go test ./...
package stun
