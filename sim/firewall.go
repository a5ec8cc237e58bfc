package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"drydock/internal/frame"
	"drydock/nat"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Firewall returns the tables that everything passes which the host receives,
// forwards and sends, and every IP frame between two containers of a network, as on
// Linux with br_netfilter. Docker's rules are in it; they are added and removed
// with networks, containers and ports, and never touch other rules.
func (h *Host) Firewall() *nat.Tables { return h.tables }

// logDrop logs a packet that the firewall drops.
func (h *Host) logDrop(d nat.Dropped) {
	if ctx := context.Background(); h.log.Enabled(ctx, slog.LevelDebug) {
		h.log.DebugContext(ctx, d.String(), "host", h.Name())
	}
}

// reroute makes the host receive a frame that a bridge must not carry, since its
// destination is translated.
func (h *Host) reroute(device string, pkt *stack.PacketBuffer) {
	n := h.networkOf(device)
	if n == nil {
		return // just removed
	}
	in := frame.Inbound(pkt)
	defer in.DecRef()
	copy(frame.Ethernet(in), n.mac)
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
	if err := h.tables.IPv4().Run(io.Discard, strings.Fields(command)...); err != nil {
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
	if exit := (*nat.CommandError)(nil); errors.As(e.err, &exit) {
		code = exit.ExitCode()
	}
	return fmt.Sprintf("(iptables failed: iptables --wait %s: %v\n (exit status %d))", e.command, e.err, code)
}

func (e *iptablesError) Unwrap() error { return e.err }

// hostRules are what dockerd starts with.
var hostRules = []string{
	"-t nat -N DOCKER",
	"-N DOCKER",
	"-N DOCKER-ISOLATION-STAGE-1",
	"-N DOCKER-ISOLATION-STAGE-2",
	"-A DOCKER-ISOLATION-STAGE-1 -j RETURN",
	"-A DOCKER-ISOLATION-STAGE-2 -j RETURN",
	"-N DOCKER-USER",
	"-A DOCKER-USER -j RETURN",
	"-t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
	"-A FORWARD -j DOCKER-USER",
	"-A FORWARD -j DOCKER-ISOLATION-STAGE-1",
}

// topRules stay the first of FORWARD: dockerd moves them up whenever it has
// inserted others.
var topRules = []string{"FORWARD -j DOCKER-ISOLATION-STAGE-1", "FORWARD -j DOCKER-USER"}

// addHostRules adds the rules of dockerd. It sets the policy if it turns ip_forward
// on.
func (h *Host) addHostRules() error {
	output := "-t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER"
	if h.daemon.noProxy {
		output = "-t nat -A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER"
	}
	rules := append(slices.Clone(hostRules), output)
	if !h.daemon.noForward {
		rules = append(rules, "-P FORWARD DROP")
	}
	for _, rule := range rules {
		if err := h.iptables(rule); err != nil {
			return err
		}
	}
	return nil
}

// rules returns the commands that add the rules of a network, in dockerd's order.
func (n *Network) rules() []string {
	r := strings.NewReplacer("BRIDGE", n.device, "SUBNET", n.config.v4.subnet.String())
	var list []string
	add := func(rules ...string) {
		for _, rule := range rules {
			list = append(list, r.Replace(rule))
		}
	}
	if !n.config.internal && !n.config.noMasquerade {
		add("-t nat -I POSTROUTING -s SUBNET ! -o BRIDGE -j MASQUERADE")
	}
	switch noProxy := n.host.daemon.noProxy; {
	case noProxy && !n.config.internal:
		add("-t nat -I POSTROUTING -o BRIDGE -m addrtype --src-type LOCAL -j MASQUERADE")
	case !noProxy && !n.config.internal && !n.config.noMasquerade:
		add("-t nat -I DOCKER -i BRIDGE -j RETURN")
	}
	if n.config.noICC {
		add("-A FORWARD -i BRIDGE -o BRIDGE -j DROP")
	} else {
		add("-I FORWARD -i BRIDGE -o BRIDGE -j ACCEPT")
	}
	if n.config.internal {
		add("-I DOCKER-ISOLATION-STAGE-1 ! -d SUBNET -i BRIDGE -j DROP",
			"-I DOCKER-ISOLATION-STAGE-1 ! -s SUBNET -o BRIDGE -j DROP")
		return list
	}
	add("-I FORWARD -i BRIDGE ! -o BRIDGE -j ACCEPT",
		"-I FORWARD -o BRIDGE -j DOCKER",
		"-I FORWARD -o BRIDGE -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
		"-I DOCKER-ISOLATION-STAGE-1 -i BRIDGE ! -o BRIDGE -j DOCKER-ISOLATION-STAGE-2",
		"-I DOCKER-ISOLATION-STAGE-2 -o BRIDGE -j DROP")
	return list
}

func (n *Network) addRules() error {
	h := n.host
	for _, rule := range n.rules() {
		if err := h.iptables(rule); err != nil {
			return errFirewall("create network", n.name, "Failed to Setup IP tables", err)
		}
	}
	for _, rule := range topRules {
		h.iptables("-D " + rule) // which someone may have deleted
		if err := h.iptables("-I " + rule); err != nil {
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

// removeRules deletes what addRules added. Like dockerd it does not mind if someone
// did so before.
func (n *Network) removeRules() {
	for _, rule := range n.rules() {
		n.host.iptables(deletion(rule))
	}
}

// deletion returns the command that deletes the rule that another one added.
func deletion(command string) string {
	return strings.NewReplacer("-I ", "-D ", "-A ", "-D ").Replace(command)
}

// ensure adds a rule unless it is there.
func (h *Host) ensure(command string) error {
	if h.iptables(strings.Replace(command, "-A ", "-C ", 1)) == nil {
		return nil
	}
	return h.iptables(command)
}
