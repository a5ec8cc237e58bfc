package dockercli

import (
	"github.com/spf13/pflag"
)

// createFlags are the flags of docker run and docker create. Each points to what pflag sets.
type createFlags struct {
	f  *pflag.FlagSet
	of *release

	attach, env, envFiles, labels, labelFiles                *[]string
	capAdd, capDrop                                          *[]string
	addHosts, dns, dnsOptions, dnsSearch                     *[]string
	expose, links, publish, aliases                          *[]string
	networks                                                 *[]networkFlag
	interactive, tty, publishAll, privileged, remove, init   *bool
	name, hostname, domainname, ip, ip6, mac                 *string
	entrypoint, user, dir, restart, stopSignal, pull, idFile *string
	stopTimeout                                              *int
	sysctls                                                  map[string]string
}

// newCreateFlags adds the flags with docker's usage texts. verb is what the texts say that
// happens.
func (d *docker) newCreateFlags(f *pflag.FlagSet, verb string) *createFlags {
	f.SetInterspersed(false)             // what follows the image belongs to its command
	f.Bool("help", false, "Print usage") // -h is another flag
	flags := &createFlags{f: f, of: d.release}
	flags.addProcess(d, f, verb)
	flags.addNetwork(f)
	refuse(f, unsupportedCreate...)
	return flags
}

// addProcess adds what is about the container's process and its life.
func (c *createFlags) addProcess(d *docker, f *pflag.FlagSet, verb string) {
	c.attach = multi(f, "attach", "a", "Attach to STDIN, STDOUT or STDERR", checkStream)
	c.capAdd = multi(f, "cap-add", "", "Add Linux capabilities", nil)
	c.capDrop = multi(f, "cap-drop", "", "Drop Linux capabilities", nil)
	c.idFile = f.String("cidfile", "", "Write the container ID to the file")
	c.entrypoint = f.String("entrypoint", "", "Overwrite the default ENTRYPOINT of the image")
	c.env = d.addEnv(f)
	c.envFiles = multi(f, "env-file", "", "Read in a file of environment variables", nil)
	c.init = f.Bool("init", false, "Run an init inside the container that forwards signals and reaps processes")
	c.interactive = f.BoolP("interactive", "i", false, "Keep STDIN open even if not attached")
	c.labels = multi(f, "label", "l", "Set meta data on a container", checkLabel)
	c.labelFiles = multi(f, "label-file", "", "Read in a line delimited file of labels", nil)
	c.name = f.String("name", "", "Assign a name to the container")
	c.privileged = f.Bool("privileged", false, "Give extended privileges to this container")
	c.pull = f.String("pull", "missing", "Pull image before "+verb+` ("always"|"missing"|"never")`)
	c.restart = f.String("restart", "no", "Restart policy to apply when a container exits")
	c.remove = f.Bool("rm", false, "Automatically remove the container when it exits")
	c.stopSignal = f.String("stop-signal", "SIGTERM", "Signal to stop a container")
	c.stopTimeout = f.Int("stop-timeout", 0, "Timeout (in seconds) to stop a container")
	c.sysctls = stringMap(f, "sysctl", "", "Sysctl options", checkSysctl)
	addContentTrust(f)
	c.tty = f.BoolP("tty", "t", false, "Allocate a pseudo-TTY")
	c.user = f.StringP("user", "u", "", "Username or UID (format: <name|uid>[:<group|gid>])")
	c.dir = f.StringP("workdir", "w", "", "Working directory inside the container")
}

// addNetwork adds what is about names, networks and ports. net, net-alias and dns-opt are
// older names, which Docker keeps and does not show.
func (c *createFlags) addNetwork(f *pflag.FlagSet) {
	c.addHosts = multi(f, "add-host", "", "Add a custom host-to-IP mapping (host:ip)", checkExtraHost)
	c.dns = multi(f, "dns", "", "Set custom DNS servers", c.of.checkAddr)
	c.dnsOptions = multi(f, "dns-option", "", "Set DNS options", nil)
	c.dnsSearch = multi(f, "dns-search", "", "Set custom DNS search domains", checkDomain)
	c.domainname = f.String("domainname", "", "Container NIS domain name")
	c.expose = multi(f, "expose", "", "Expose a port or a range of ports", nil)
	c.hostname = f.StringP("hostname", "h", "", "Container host name")
	c.ip = c.of.addrFlag(f, "ip", "IPv4 address (e.g., 172.30.100.104)")
	c.ip6 = c.of.addrFlag(f, "ip6", "IPv6 address (e.g., 2001:db8::33)")
	c.links = multi(f, "link", "", "Add link to another container", checkLink)
	c.mac = f.String("mac-address", "", "Container MAC address (e.g., 92:d0:c6:0a:29:33)")
	c.networks = c.of.addNetworks(f)
	c.aliases = multi(f, "network-alias", "", "Add network-scoped alias for the container", nil)
	c.publish = multi(f, "publish", "p", "Publish a container's port(s) to the host", nil)
	c.publishAll = f.BoolP("publish-all", "P", false, "Publish all exposed ports to random ports")
	alias(f, "network", "net")
	alias(f, "network-alias", "net-alias")
	alias(f, "dns-option", "dns-opt")
}

// addContentTrust adds the flag that has images not be verified, which is the default. There
// is nothing here to verify them by.
func addContentTrust(f *pflag.FlagSet) {
	added := f.VarPF(value{"bool", "true", func(s string) error {
		if s != "true" {
			return errUnsupported
		}
		return nil
	}}, "disable-content-trust", "", "Skip image verification")
	added.NoOptDefVal = "true"
}

// unsupportedCreate are the flags of docker run for files, limits, devices, health and
// isolation, none of which an emulated container has.
var unsupportedCreate = []unsupported{
	{"blkio-weight", "", "uint16", "", "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)"},
	{"blkio-weight-device", "", "list", "[]", "Block IO weight (relative device weight)"},
	{"cgroup-parent", "", "string", "", "Optional parent cgroup for the container"},
	{"cgroupns", "", "string", "", `Cgroup namespace to use (host|private)
'host':    Run the container in the Docker host's cgroup namespace
'private': Run the container in its own private cgroup namespace
'':        Use the cgroup namespace as configured by the
           default-cgroupns-mode option on the daemon (default)`},
	{"cpu-period", "", "int", "", "Limit CPU CFS (Completely Fair Scheduler) period"},
	{"cpu-quota", "", "int", "", "Limit CPU CFS (Completely Fair Scheduler) quota"},
	{"cpu-rt-period", "", "int", "", "Limit CPU real-time period in microseconds"},
	{"cpu-rt-runtime", "", "int", "", "Limit CPU real-time runtime in microseconds"},
	{"cpu-shares", "c", "int", "", "CPU shares (relative weight)"},
	{"cpus", "", "decimal", "", "Number of CPUs"},
	{"cpuset-cpus", "", "string", "", "CPUs in which to allow execution (0-3, 0,1)"},
	{"cpuset-mems", "", "string", "", "MEMs in which to allow execution (0-3, 0,1)"},
	{"device", "", "list", "", "Add a host device to the container"},
	{"device-cgroup-rule", "", "list", "", "Add a rule to the cgroup allowed devices list"},
	{"device-read-bps", "", "list", "[]", "Limit read rate (bytes per second) from a device"},
	{"device-read-iops", "", "list", "[]", "Limit read rate (IO per second) from a device"},
	{"device-write-bps", "", "list", "[]", "Limit write rate (bytes per second) to a device"},
	{"device-write-iops", "", "list", "[]", "Limit write rate (IO per second) to a device"},
	{"gpus", "", "gpu-request", "", "GPU devices to add to the container ('all' to pass all GPUs)"},
	{"group-add", "", "list", "", "Add additional groups to join"},
	{"health-cmd", "", "string", "", "Command to run to check health"},
	{"health-interval", "", "duration", "", "Time between running the check (ms|s|m|h) (default 0s)"},
	{"health-retries", "", "int", "", "Consecutive failures needed to report unhealthy"},
	{"health-start-period", "", "duration", "", "Start period for the container to initialize before starting health-retries countdown (ms|s|m|h) (default 0s)"},
	{"health-timeout", "", "duration", "", "Maximum time to allow one check to run (ms|s|m|h) (default 0s)"},
	{"ipc", "", "string", "", "IPC mode to use"},
	{"isolation", "", "string", "", "Container isolation technology"},
	{"kernel-memory", "", "bytes", "", "Kernel memory limit"},
	{"link-local-ip", "", "list", "", "Container IPv4/IPv6 link-local addresses"},
	{"log-driver", "", "string", "", "Logging driver for the container"},
	{"log-opt", "", "list", "", "Log driver options"},
	{"memory", "m", "bytes", "", "Memory limit"},
	{"memory-reservation", "", "bytes", "", "Memory soft limit"},
	{"memory-swap", "", "bytes", "", "Swap limit equal to memory plus swap: '-1' to enable unlimited swap"},
	{"memory-swappiness", "", "int", "-1", "Tune container memory swappiness (0 to 100)"},
	{"mount", "", "mount", "", "Attach a filesystem mount to the container"},
	{"no-healthcheck", "", "bool", "", "Disable any container-specified HEALTHCHECK"},
	{"oom-kill-disable", "", "bool", "", "Disable OOM Killer"},
	{"oom-score-adj", "", "int", "", "Tune host's OOM preferences (-1000 to 1000)"},
	{"pid", "", "string", "", "PID namespace to use"},
	{"pids-limit", "", "int", "", "Tune container pids limit (set -1 for unlimited)"},
	{"platform", "", "string", "", "Set platform if server is multi-platform capable"},
	{"read-only", "", "bool", "", "Mount the container's root filesystem as read only"},
	{"runtime", "", "string", "", "Runtime to use for this container"},
	{"security-opt", "", "list", "", "Security Options"},
	{"shm-size", "", "bytes", "", "Size of /dev/shm"},
	{"storage-opt", "", "list", "", "Storage driver options for the container"},
	{"tmpfs", "", "list", "", "Mount a tmpfs directory"},
	{"ulimit", "", "ulimit", "[]", "Ulimit options"},
	{"userns", "", "string", "", "User namespace to use"},
	{"uts", "", "string", "", "UTS namespace to use"},
	{"volume", "v", "list", "", "Bind mount a volume"},
	{"volume-driver", "", "string", "", "Optional volume driver for the container"},
	{"volumes-from", "", "list", "", "Mount volumes from the specified container(s)"},
}
