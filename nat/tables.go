// Package nat implements a packet filter and address translator modelled on Linux
// netfilter and its iptables(8) front end.
package nat
