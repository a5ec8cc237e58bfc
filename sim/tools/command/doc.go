// Package command is the shape that all commands of sim/tools have, and what they
// share: a table to find them by name, what a process gets from its kernel, and the option
// parser of C programs.
//
// A command is a Go function. It gets what a process gets from the kernel and from a
// shell: a machine to run on, arguments, environment, files, standard streams, signals,
// and a context that ends when a signal ends the process. It returns an exit status. So a
// command can stand in for a program in a container, in a pipeline and on a host, and a
// test can add its own:
//
//	table := tools.Default()
//	table["greet"] = func(ctx context.Context, c *command.Call) int {
//		c.Printf("hello from %s\n", c.Machine.Hostname())
//		return 0
//	}
//
// The package knows nothing of package sim, so that sim can use it. What a command
// needs of its machine beyond Machine it asks for by asserting an interface, as io/fs
// does with fs.ReadDirFS; a machine that lacks it is one on which the program has no
// permission for that.
package command
