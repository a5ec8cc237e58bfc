// Partition splits five nodes that write what most of them acknowledge: in two groups, one way,
// and with one cable cut. What was sent meanwhile is told as dropped; after the healing it is
// as before. At last a reply is taken out of a cable by hand.
//
//	go run ./examples/partition
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"drydock/drop"
	"drydock/sim"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, opts ...sim.MachineOption) error {
	host, err := sim.NewHost(sim.WithOptions(opts...))
	if err != nil {
		return err
	}
	defer host.Close()
	network, err := host.CreateNetwork("raft")
	if err != nil {
		return err
	}
	var nodes []*sim.Container
	for i := range 5 {
		node, err := host.Run(fmt.Sprintf("node%d", i+1), sim.WithNetwork(network))
		if err != nil {
			return err
		}
		l, err := node.Listen(ctx, "tcp", ":7000")
		if err != nil {
			return err
		}
		node.Go(func(context.Context) error { return serve(l) })
		nodes = append(nodes, node)
	}
	c := &cluster{ctx, out, host, nodes}

	fmt.Fprintln(out, "# a write needs three of five")
	c.write(0, 3)
	cuts := []struct {
		title string
		cut   func() (heal func(), err error)
	}{
		{"node1 and node2 on one side, the others on the other one", func() (func(), error) { return network.Partition(nodes[:2], nodes[2:]) }},
		{"node4 hears nobody, but is heard", func() (func(), error) { return network.PartitionOneWay(without(nodes, 3), nodes[3:4]) }},
		{"node1 is isolated", nodes[0].Isolate},
		{"the cable of node4 is cut", nodes[3].Link(network).Cut},
	}
	for _, step := range cuts {
		fmt.Fprintf(out, "\n# %s\n", step.title)
		heal, err := step.cut()
		if err != nil {
			return err
		}
		c.write(0, 3)
		heal()
	}
	fmt.Fprintln(out, "\n# healed")
	c.write(0, 3)
	return c.byHand(network)
}

func without(nodes []*sim.Container, i int) []*sim.Container {
	return append(append([]*sim.Container(nil), nodes[:i]...), nodes[i+1:]...)
}

// serve acknowledges each line.
func serve(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		if _, err := bufio.NewReader(conn).ReadString('\n'); err == nil {
			io.WriteString(conn, "ok\n")
		}
		conn.Close()
	}
}

// patience is less than the second after which a SYN is sent again.
const patience = 900 * time.Millisecond

type cluster struct {
	ctx   context.Context
	out   io.Writer
	host  *sim.Host
	nodes []*sim.Container
}

// write has nodes write, and tells what came of it and what was dropped.
func (c *cluster) write(leaders ...int) {
	for _, i := range leaders {
		before := c.host.Drops()
		acknowledged := c.ask(c.nodes[i])
		verdict := "no majority"
		if len(acknowledged) > len(c.nodes)/2 {
			verdict = "written"
		}
		fmt.Fprintf(c.out, "%v: %s by %s", c.nodes[i], verdict, strings.Join(acknowledged, " "))
		if c.host.Drops()[drop.Partitioned] > before[drop.Partitioned] { // how many varies with what closes meanwhile
			fmt.Fprintf(c.out, "; frames were dropped: %v", drop.Partitioned)
		}
		fmt.Fprintln(c.out)
	}
}

// ask asks all nodes at once, and returns who answers in time.
func (c *cluster) ask(leader *sim.Container) (names []string) {
	answered := make([]bool, len(c.nodes))
	var all sync.WaitGroup
	for i, node := range c.nodes {
		all.Go(func() { answered[i] = node == leader || c.askOne(leader, node) == nil })
	}
	all.Wait()
	for i, ok := range answered {
		if ok {
			names = append(names, c.nodes[i].Name())
		}
	}
	return names
}

func (c *cluster) askOne(from, to *sim.Container) error {
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
	conn, err := from.DialContext(ctx, "tcp", to.Name()+":7000")
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, "write\n"); err != nil {
		return err
	}
	_, err = bufio.NewReader(conn).ReadString('\n')
	return err
}

// byHand holds what node1 sends, and lets all go but the first frame.
func (c *cluster) byHand(network *sim.Network) error {
	fmt.Fprintln(c.out, "\n# frames of node1 are held; the first one is lost, the others go on in the wrong order")
	send, _, err := c.nodes[0].Link(network).Inflight()
	if err != nil {
		return err
	}
	listener, err := c.nodes[1].ListenPacket(c.ctx, "udp", ":9")
	if err != nil {
		return err
	}
	defer listener.Close()
	conn, err := c.nodes[0].DialContext(c.ctx, "udp", "node2:9")
	if err != nil {
		return err
	}
	defer conn.Close()
	send.Hold()
	for _, text := range []string{"one", "two", "three"} {
		io.WriteString(conn, text)
	}
	frames := send.Frames()
	if err := send.Drop(frames[0].ID); err != nil {
		return err
	}
	if err := send.Release(frames[2].ID, frames[1].ID); err != nil {
		return err
	}
	send.Resume()
	for range 2 {
		b := make([]byte, 10)
		n, _, err := listener.ReadFrom(b)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "node2 hears %q\n", b[:n])
	}
	return nil
}
