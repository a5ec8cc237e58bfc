package simtest_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
)

// TestSplitBrain divides five nodes: of two leaders only the one with the majority may go on.
func TestSplitBrain(t *testing.T) {
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		network := simtest.NewNetwork(t, host, "raft")
		var nodes []*sim.Container
		for _, name := range []string{"n1", "n2", "n3", "n4", "n5"} {
			node := simtest.Run(t, host, name, sim.WithNetwork(network))
			node.Go(func(ctx context.Context) error { return vote(ctx, node) })
			nodes = append(nodes, node)
		}
		leads := func(leader *sim.Container) bool {
			votes := 1
			for _, node := range nodes {
				if node != leader && hears(t.Context(), leader, node) {
					votes++
				}
			}
			return votes > len(nodes)/2
		}

		heal, err := network.Partition(nodes[:2], nodes[2:])
		if err != nil {
			t.Fatal(err)
		}
		if leads(nodes[0]) || !leads(nodes[2]) {
			t.Fatal("the minority leads, or the majority does not")
		}
		block, err := network.Block(nodes[3], nodes[2]) // n4 is asked, and not heard
		if err != nil {
			t.Fatal(err)
		}
		if leads(nodes[2]) {
			t.Fatal("n3 leads with two votes")
		}
		heal()
		block()
		if !leads(nodes[0]) || !leads(nodes[2]) {
			t.Fatal("not healed")
		}
	})
}

// vote votes for whoever asks.
func vote(ctx context.Context, node *sim.Container) error {
	l, err := node.Listen(ctx, "tcp", ":7000")
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		io.WriteString(c, "yes\n")
		c.Close()
	}
}

// hears reports whether a node answers within a second.
func hears(ctx context.Context, from, node *sim.Container) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	c, err := from.DialContext(ctx, "tcp", net.JoinHostPort(node.Name(), "7000"))
	if err != nil {
		return false
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Second))
	_, err = bufio.NewReader(c).ReadString('\n')
	return err == nil
}
