package sim

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"drydock/internal/packet"
	"drydock/nat/iptables"
	"drydock/sim/internal/engine"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// reroute makes the host receive a frame that a bridge must not carry, since its
// destination is translated.
func (h *Host) reroute(device string, pkt *stack.PacketBuffer) {
	n := h.networkOf(device)
	if n == nil {
		return // just removed
	}
	in := packet.Inbound(pkt)
	defer in.DecRef()
	copy(packet.Ethernet(in), n.mac)
	n.local.WritePacket(in)
}

// networkOf returns the network with that bridge, nil if there is none.
func (h *Host) networkOf(device string) *Network {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.networks {
		if n.device == device {
			return n
		}
	}
	return nil
}

// iptables runs an iptables command line of dockerd, unless that was told not to.
func (h *Host) iptables(command string) error {
	if h.daemon.noIPTables {
		return nil
	}
	if err := iptables.Run(io.Discard, h.tables.IPv4(), strings.Fields(command)...); err != nil {
		return &iptablesError{command, err}
	}
	return nil
}

// An iptablesError is a command that failed, in dockerd's words.
type iptablesError struct {
	command string
	err     error
}

func (e *iptablesError) Error() string {
	code := 1
	if exit := (*iptables.Error)(nil); errors.As(e.err, &exit) {
		code = exit.ExitCode()
	}
	return fmt.Sprintf("(iptables failed: iptables --wait %s: %v\n (exit status %d))", e.command, e.err, code)
}

func (e *iptablesError) Unwrap() error { return e.err }

// addHostRules adds the rules that dockerd starts with.
func (h *Host) addHostRules() error {
	for _, rule := range h.engine.HostRules(h.daemon.forEngine()) {
		if err := h.iptables(rule); err != nil {
			return err
		}
	}
	return nil
}

// rules returns the commands that add the rules of a network.
func (n *Network) rules() []string { return n.host.engine.NetworkRules(n.forEngine()) }

// forEngine is what the decisions about a network depend on.
func (n *Network) forEngine() engine.Network {
	c := &n.config
	return engine.Network{
		Daemon: n.host.daemon.forEngine(), Name: n.name, Bridge: n.device, Subnet: c.v4.subnet, IPv6: c.v6.subnet.IsValid(),
		Internal: c.internal, ICC: !c.noICC, Masquerade: !c.noMasquerade,
	}
}

func (n *Network) addRules() error {
	h := n.host
	for _, rule := range n.rules() {
		if err := h.iptables(rule); err != nil {
			return errFirewall("create network", n.name, "Failed to Setup IP tables", err)
		}
	}
	for _, rule := range h.engine.TopRules() {
		h.iptables(engine.Deletion(rule)) // which someone may have deleted
		if err := h.iptables(rule); err != nil {
			return errFirewall("create network", n.name, "Failed to Setup IP tables", err)
		}
	}
	return nil
}

func errFirewall(op, name, what string, err error) *Error {
	e := errorf(op, name, ErrFirewall, "%s: %v", what, err)
	e.cause = err
	return e
}

// removeRules deletes what addRules added.
func (n *Network) removeRules() { n.host.delete(n.rules()) }

// ensure adds a rule unless it is there.
func (h *Host) ensure(command string) error {
	if h.iptables(engine.Check(command)) == nil {
		return nil
	}
	return h.iptables(command)
}

// delete deletes rules, given as the commands that added them. Like dockerd it does not
// mind if someone did so before.
func (h *Host) delete(rules []string) {
	for _, rule := range rules {
		h.iptables(engine.Deletion(rule))
	}
}
