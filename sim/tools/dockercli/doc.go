// Package dockercli has the docker command of Docker Engine 20.10.24, and on hosts with Docker28 and Docker29
// that of these releases, as a client of the HTTP API of package dockerd. The daemon that it finds is that of the host where it runs, at
// unix:///var/run/docker.sock; no other can be reached, and other machines have none. What
// is said of containers and networks is the daemon's; what this package has is what docker
// itself does: flags, the order of requests, streams, terminals, signals, tables, formats,
// usage and exit statuses, by the source of docker/cli 20.10.24.
//
// # Commands
//
//	attach             --detach-keys --no-stdin --sig-proxy
//	create, run        see below
//	events             --filter --format --since --until
//	exec               -d -e -i -t -u -w --detach-keys --env-file --privileged
//	images [REPO]      -a -q --digests --filter --format --no-trunc
//	info, version      -f
//	inspect NAME...    -f -s --type container, image or network
//	kill               -s
//	logs               -f -n -t --since --until
//	network            connect create disconnect inspect ls prune rm
//	pause, unpause, rename, top, port, wait
//	ps                 -a -l -n -q -s --filter --format --no-trunc
//	pull               -q
//	rmi                -f --no-prune
//	restart, stop      -t
//	rm                 -f -l -v
//	start              -a -i --detach-keys
//
// Those of containers are commands of "container" too, with its inspect, ls and prune; "image"
// has inspect, ls, prune, pull and rm, "system" events, info and prune. network create has --attachable
// --aux-address --config-from --config-only -d --gateway --internal --ip-range --ipam-driver --ipv6 --label -o
// --subnet, and since 28 --ipv4; network connect --alias --driver-opt --ip --ip6 --link, and since 28 --gw-priority;
// network disconnect -f.
//
// docker's own flags are -H, which with $DOCKER_HOST may name a daemon that is not running,
// -c default, -v and --help; every command has --help, and "help COMMAND" shows the same.
// What it shows is what the real one does, refused flags included; commands that are not
// here are left out of lists.
//
// # Flags of run and create
//
//	names      --name -h --domainname --network-alias --link --add-host --label --label-file
//	networks   --network (long form: name=NET,alias=A,ip=ADDR,ip6=ADDR) --ip --ip6
//	           --mac-address --dns --dns-option --dns-search
//	ports      -p -P --expose
//	program    -e --env-file --entrypoint -u -w --init --privileged --cap-add --cap-drop --sysctl
//	streams    -i -t -a; of run: -d --sig-proxy --detach-keys
//	life       --rm --restart --stop-signal --stop-timeout --cidfile --pull
//
// What of this the daemon has no meaning for it refuses or tells in docker inspect, as its
// documentation says. --disable-content-trust is taken, as it is the default.
//
// # Refused flags
//
// Flags of 20.10.24 that an emulated host has no meaning for are refused when they are used:
// "not supported by an emulated host", with status 125. To take them and do nothing would
// have a script believe in a limit or a volume that is not there.
//
//	files       --mount --read-only --storage-opt --tmpfs -v --volume-driver --volumes-from
//	limits      --blkio-* --cpu* -c -m --memory-* --kernel-memory --oom-* --pids-limit
//	            --shm-size --ulimit
//	devices     --device --device-* --gpus
//	health      --health-* --no-healthcheck
//	isolation   --cgroup-parent --cgroupns --group-add --ipc --isolation --pid --runtime
//	            --security-opt --userns --uts
//	logs        --log-driver --log-opt; of logs: --details
//	networks    --link-local-ip; of network: --ingress --ipam-opt --scope, -v of inspect
//	registries  --platform, -a of pull, --disable-content-trust=false
//	other       --volumes of system prune; of version --kubeconfig; of docker -D -l --config --tls*
//
// Commands of 20.10.24 that are not here are refused as such: "docker: 'build' is not supported by
// an emulated host".
//
//	images      build builder buildx commit export history import load manifest push save search tag trust
//	files       cp diff volume
//	registries  login logout
//	limits      stats update
//	swarm       config node secret service stack swarm
//	others      app checkpoint compose context engine plugin, df of system
//
// # Flags without effect
//
// They ask for what is so anyway: --disable-content-trust, --no-prune of rmi and -a of images (there are
// no intermediate images), -v of rm (no volumes), -f of network disconnect (no swarm).
//
// --privileged, of exec too, and --cap-add NET_ADMIN let a command change interfaces, addresses, routes,
// queueing disciplines and netfilter. /proc/sys can be written if the container is privileged.
//
// # Releases
//
// On a host with Docker 1.13 lists look as that release prints them: columns of 20 at least, a
// command that is cut ends in three dots, and a size has a space before its unit.
//
// # Where it differs
//
// docker port, labels in tables and subnets in requests are in order, Docker's order is
// random; containers are killed, paused and removed one after the other, not at once. A
// message of docker's log that waiting was canceled, which appears at random when a container
// does not start, is not printed. Keys that leave a container are found in what is pasted,
// too. docker asks /_ping first for the version of the API, which is known here, and
// run -d does not wait for what it does not look at. Variables of -e are in order, too.
//
// Flags are parsed by github.com/spf13/pflag 1.0.5, which is what Docker uses.
package dockercli
