package sim_test

import (
	"context"
	"fmt"
	"os"

	"drydock/sim"
	"drydock/sim/images"
	"drydock/sim/tools/command"
)

// A command runs in a container as with docker exec. Its status is an error as in os/exec.
func ExampleNetns_Exec() {
	host, _ := sim.NewHost()
	defer host.Close()
	ctx := context.Background()
	host.Run("web", sim.WithImage(images.Nginx()))
	cli, _ := host.Run("cli", sim.WithImage(images.CentOS()), sim.WithCommand("sleep", "infinity"))

	out, err := cli.Exec(ctx, "sh", "-c", "ping -c 1 172.17.0.2 | head -1; echo done > /tmp/x; cat /tmp/x").Output()
	fmt.Printf("%s%v\n", out, err)
	fmt.Println(cli.Exec(ctx, "false").Run())
	fmt.Println(cli.Exec(ctx, "nosuch").Run())
	// Output:
	// PING 172.17.0.2 (172.17.0.2) 56(84) bytes of data.
	// done
	// <nil>
	// exit status 1
	// OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown
}

// Programs of an image are Go functions. One that ends with its context has the status of the
// signal that ended it.
func ExampleImage_commands() {
	hello := func(ctx context.Context, c *command.Call) int {
		c.Printf("%s says hello\n", c.Machine.Hostname())
		<-ctx.Done()
		return command.Interrupted(ctx)
	}
	image := sim.Image{Name: "hello", Cmd: []string{"hello"}, Commands: command.Table{"hello": hello}}
	host, _ := sim.NewHost()
	defer host.Close()
	c, _ := host.Create("web", sim.WithImage(image), sim.WithHostname("web"))
	log := c.Attach(sim.Streams{Stdout: os.Stdout})
	c.Start()
	c.Stop(context.Background())
	log.Wait(context.Background())
	status, _ := c.Wait(context.Background())
	fmt.Println(status)
	// Output:
	// web says hello
	// 143
}
