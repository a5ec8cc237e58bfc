// Package procps has commands of procps 4.0.2, as Debian 12 has them:
//
//	sysctl [-abeNnqw] [--dry-run] KEY | KEY=VALUE …
//	sysctl -p | --load[=FILE] [FILE …]
//
// The keys are those of sim.Netns.Sysctls. They may be written with slashes; one of a
// directory means all that are in it. In a container that is not privileged they can only be
// read.
package procps

import "drydock/sim/tools/command"

// Commands returns the commands of the suite.
func Commands() command.Table { return command.Table{"sysctl": Sysctl} }
