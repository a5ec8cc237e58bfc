// Package dockercli has the docker command of Docker Engine 20.10.24, for a host of
// package sim instead of a daemon. What shows something:
//
//	ps                  -a -q -l -n --no-trunc --format --filter
//	port CONTAINER [PRIVATE_PORT[/PROTO]]
//	inspect NAME...     -f --type
//	network ls          -q --no-trunc --format --filter
//	network inspect NETWORK...  -f
//
// What changes something:
//
//	run, create         see below
//	exec                -e -i
//	start, stop, restart, kill, pause, unpause, rename, rm, wait    -t of stop and restart, -f of rm
//	network create      -d --subnet --gateway --ip-range --internal --ipv6
//	network connect     --alias --ip --ip6 --link
//	network disconnect  -f
//	network rm
//
// Commands of containers are also those of "container". ps filters by exited, expose,
// id, name, network, publish and status, network ls by driver, id, name, scope and
// type. Formats are Go templates on what Docker has in them and sim knows: sizes,
// mounts and labels are not among that.
//
// run and create have --add-host -d --dns --dns-option --dns-search -e --expose
// --hostname -i --ip --ip6 --link --name --network --network-alias -p -P --rm and -t.
// An image is one of those that the command was made with; there is no registry. A
// COMMAND comes from the table that docker itself comes from, and replaces the image's
// main function; in the foreground it has docker's streams. There are no terminals: -t
// in the foreground is refused as without one. --rm needs the foreground, as nobody is
// left afterwards to remove the container. A COMMAND that does not exist is refused
// when the container starts, which stays created; a network that does not exist is
// refused before, so that, unlike Docker's, no container is left behind.
//
// Standard output has what was asked for, IDs and names and lists, and standard error
// what went wrong, so that "$(docker run -d IMAGE)" is an ID. Containers and networks
// may be named by the beginning of their ID wherever Docker takes that.
//
// All other commands and flags are refused as unknown, with Docker's messages: status
// 125 for flags and what keeps run from running, 126 and 127 for commands that cannot
// be run, 1 for the rest. docker port prints in the order of the container's ports,
// Docker's being random. ps shows 20 characters of a command; Docker counts the wide
// ones of East Asia twice. A machine that is no *sim.Host has no daemon to connect to.
//
// Flags are parsed by github.com/spf13/pflag 1.0.5, which is what Docker uses.
package dockercli
