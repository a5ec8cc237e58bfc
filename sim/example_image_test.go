package sim_test

import (
	"context"
	"fmt"
	"io"
	"log"

	"drydock/sim"
)

// An image brings the program that a container runs whenever it starts, and whose return
// ends it.
func ExampleImage() {
	host, err := sim.NewHost()
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	ctx := context.Background()

	greeter := sim.Image{
		Name:   "greeter",
		Expose: []string{"7"},
		Main: func(ctx context.Context, c *sim.Container) error {
			l, err := c.Listen(ctx, "tcp", ":7")
			if err != nil {
				return err
			}
			conn, err := l.Accept()
			if err != nil {
				return err
			}
			io.WriteString(conn, "only once")
			conn.Close()
			return sim.ExitStatus(3)
		},
	}
	once, err := host.Run("once", sim.WithImage(greeter), sim.WithPublish("7000:7"))
	if err != nil {
		log.Fatal(err)
	}
	if err := once.WaitListening(ctx, "7"); err != nil {
		log.Fatal(err)
	}
	for _, p := range once.Summary().Ports {
		fmt.Printf("%s:%d->%d/%s\n", p.IP, p.PublicPort, p.PrivatePort, p.Type)
	}

	conn, err := host.DialContext(ctx, "tcp", "127.0.0.1:7000")
	if err != nil {
		log.Fatal(err)
	}
	greeting, _ := io.ReadAll(conn)
	fmt.Printf("%s\n", greeting)

	status, _ := once.Wait(ctx)
	fmt.Println(once.State().Status, status)
	// Output:
	// 0.0.0.0:7000->7/tcp
	// :::7000->7/tcp
	// only once
	// exited 3
}
