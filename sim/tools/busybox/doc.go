// Package busybox has commands of BusyBox 1.35 for images that have them instead of
// Debian's, as busybox and alpine do:
//
//	nslookup [-type=TYPE] HOST [SERVER]
//	ping, ping6 [-46Aq] [-c N] [-i SECONDS] [-s BYTES] [-t TTL] [-w SECONDS] [-W SECONDS] HOST
//	ps, with all that is in the container
//	wget [-qS] [--spider] [-O FILE] [--header STR] [--post-data STR] [-P DIR] [-T SEC] [-U AGENT] URL...
//
// Applets has them by their names, Commands as Debian has them: "busybox ping HOST". Other
// options are refused as unknown, with the usage and status 1.
package busybox

import (
	"context"

	"drydock/sim/tools/command"
)

// banner is the first line of a usage, as Debian 12's busybox prints it.
const banner = "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.\n"

// Applets returns the commands.
func Applets() command.Table {
	return command.Table{"nslookup": Nslookup, "ping": Ping, "ping6": Ping6, "ps": PS, "wget": Wget}
}

// Commands returns the command busybox, whose first argument is an applet.
func Commands() command.Table { return command.Table{"busybox": Busybox} }

// Busybox runs an applet.
func Busybox(ctx context.Context, c *command.Call) int {
	call := *c
	if call.Args = c.Args[1:]; len(call.Args) == 0 {
		return c.Fail(0, "%s\nUsage: busybox [function [arguments]...]\n", banner)
	}
	applet, ok := Applets()[call.Args[0]]
	if !ok {
		return c.Fail(command.NotFound, "%s: applet not found\n", call.Args[0])
	}
	return applet(ctx, &call)
}

// misused prints why a command line is wrong and how the applet is used. applet has its
// name, arguments, and text.
func misused(c *command.Call, err error, usage string) int {
	if err != nil {
		c.Errorf("%s: %v\n", c.Args[0], err)
	}
	return c.Fail(1, "%s\nUsage: %s", banner, usage)
}
