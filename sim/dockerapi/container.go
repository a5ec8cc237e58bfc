// Package dockerapi has the shapes of Docker's HTTP API, version 1.41: what is sent to
// create containers and networks, and what is told of them. Its types are data without
// behaviour. They marshal to Docker's JSON and have its fields, in its order, also those
// that an emulated network has no meaning for: files, volumes, limits and swarm. What is
// told there is what dockerd tells of a container that asked for nothing. The docs say what
// package sim puts in a field where Docker may put more, and what it refuses.
package dockerapi

import "time"

// A Container is what "docker inspect" tells of a container: GET /containers/{id}/json.
type Container struct {
	ID              string `json:"Id"` // 64 hex digits
	Created         time.Time
	Path            string // Config.Entrypoint and Config.Cmd are Path and Args
	Args            []string
	State           State
	Image           string // the ID of the image, "sha256:" and 64 hex digits
	ResolvConfPath  string // where dockerd has the container's files, since the first start; as HostnamePath, HostsPath, LogPath
	HostnamePath    string
	HostsPath       string
	LogPath         string
	Name            string // "/web"
	RestartCount    int    // how often its policy has restarted it since it was started
	Driver          string // "overlay2"; nothing is stored
	Platform        string // "linux"
	MountLabel      string // always empty, as are the next two
	ProcessLabel    string
	AppArmorProfile string
	ExecIDs         []string // of the commands that exec runs in it; nil if there are none
	HostConfig      HostConfig
	GraphDriver     GraphDriver
	SizeRw          *int64   `json:",omitempty"` // of the files that it has written, if that is asked for; with its image's the next one
	SizeRootFs      *int64   `json:",omitempty"`
	Mounts          []Mount  // always empty
	Storage         *Storage `json:",omitempty"` // of release 29, instead of GraphDriver
	Config          Config
	NetworkSettings NetworkSettings

	// ImageManifestDescriptor is of the image, since release 29.
	ImageManifestDescriptor *Descriptor `json:",omitempty"`
}

// A Descriptor is that of a manifest of OCI.
type Descriptor struct {
	MediaType string    `json:"mediaType"`
	Digest    string    `json:"digest"` // "sha256:" and 64 hex digits
	Size      int64     `json:"size"`
	Platform  *Platform `json:"platform,omitempty"`
}

// A Platform is what an image is for.
type Platform struct {
	Architecture string `json:"architecture"` // "amd64"
	OS           string `json:"os"`           // "linux"
}

// String returns "linux/amd64"; of nil, "".
func (p *Platform) String() string {
	if p == nil {
		return ""
	}
	return p.OS + "/" + p.Architecture
}

// A GraphDriver is where dockerd stores a container.
type GraphDriver struct {
	Data map[string]string // of a container directories that are nowhere, as nothing is stored; of an image nil
	Name string
}

// A Storage is where dockerd stores a container, since it leaves that to containerd.
type Storage struct{ RootFS RootStorage }

// A RootStorage is where the root of a container is.
type RootStorage struct{ Snapshot Snapshot }

// A Snapshot is one of containerd's.
type Snapshot struct{ Name string } // "overlayfs"

// A Mount is a place of a container's where other files are.
type Mount struct {
	Type        string `json:",omitempty"`
	Name        string `json:",omitempty"`
	Source      string
	Destination string
	Driver      string `json:",omitempty"`
	Mode        string
	RW          bool
	Propagation string
}

// A State is where a container is in its life.
type State struct {
	Status     string // "created", "running", "paused", "restarting" or "exited"
	Running    bool   // also while it is paused or about to be restarted
	Paused     bool
	Restarting bool // it has exited and its restart policy is about to start it
	OOMKilled  bool // always false, as is the next one
	Dead       bool
	Pid        int       // of the main process, as the host would see it; 0 while it does not run
	ExitCode   int       // of the last run; 0 while it runs, 128 if it could not start
	Error      string    // why it did not start
	StartedAt  time.Time // zero if it never was
	FinishedAt time.Time // zero if it never stopped
}

// Words are a command. In JSON a text stands for one word, as Docker has it.
type Words []string

// A Config is what the image and the options say of the container itself. Of a container
// that is to be made it has what differs from the image.
type Config struct {
	Hostname        string
	Domainname      string
	User            string // "www-data", "33", "app:staff": who its programs run as; that of the image if it is empty
	AttachStdin     bool   // what the client that made it was attached to
	AttachStdout    bool
	AttachStderr    bool
	ExposedPorts    map[string]struct{} `json:",omitempty"` // by port, "80/tcp"; also those that are published
	Tty             bool
	OpenStdin       bool
	StdinOnce       bool
	Env             []string // "NAME=value" of the options and the image, with its PATH; "NAME" takes away what the image has
	Cmd             Words
	Healthcheck     *HealthConfig `json:",omitempty"` // refused, but for the test "NONE"
	ArgsEscaped     bool          `json:",omitempty"` // refused
	Image           string
	Volumes         map[string]struct{} // refused
	WorkingDir      string
	Entrypoint      Words
	NetworkDisabled bool              `json:",omitempty"` // refused
	MacAddress      string            `json:",omitempty"` // of the interface on the network of HostConfig.NetworkMode
	OnBuild         []string          // refused
	Labels          map[string]string // those of the image too
	StopSignal      string            `json:",omitempty"`
	StopTimeout     *int              `json:",omitempty"` // in seconds
	Shell           Words             `json:",omitempty"` // refused
}

// A HealthConfig is how the health of a container is tested.
type HealthConfig struct {
	Test        []string      `json:",omitempty"`
	Interval    time.Duration `json:",omitempty"`
	Timeout     time.Duration `json:",omitempty"`
	StartPeriod time.Duration `json:",omitempty"`
	Retries     int           `json:",omitempty"`
}

// A NetworkSettings is a container's part of the networks. What tells of the network
// "bridge" is there twice: Docker keeps it outside of Networks too, from the time when it
// had one network.
type NetworkSettings struct {
	Bridge                 string // always empty, as are all others that begin so
	SandboxID              string // of the namespace, since the last start; empty if it is another container's
	HairpinMode            bool   // always false, whatever the bridge's ports do
	LinkLocalIPv6Address   string // always empty
	LinkLocalIPv6PrefixLen int
	Ports                  map[string][]PortBinding // exposed and published ports while it runs, by port
	SandboxKey             string                   // the file of the namespace
	SecondaryIPAddresses   []string                 // always nil
	SecondaryIPv6Addresses []string                 // always nil
	EndpointID             string
	Gateway                string
	GlobalIPv6Address      string
	GlobalIPv6PrefixLen    int
	IPAddress              string
	IPPrefixLen            int
	IPv6Gateway            string
	MacAddress             string
	Networks               map[string]EndpointSettings // by name
}

// An EndpointSettings is what a container has on one network. The IDs and addresses are
// those of an interface: the addresses and EndpointID are empty while there is none,
// NetworkID before the first.
type EndpointSettings struct {
	EndpointConfig
	NetworkID           string
	EndpointID          string
	Gateway             string
	IPAddress           string
	IPPrefixLen         int
	IPv6Gateway         string
	GlobalIPv6Address   string
	GlobalIPv6PrefixLen int
	MacAddress          string
	DriverOpts          map[string]string // nil on the network that the container was made on, if there are none
	DNSNames            []string          `json:",omitempty"` // by which it is known there; of release 28 and later
}

// An EndpointConfig is what is asked for of a container on one network. Docker has it in
// EndpointSettings, which is sent with its other fields empty.
type EndpointConfig struct {
	IPAMConfig *EndpointIPAMConfig // nil: any address; told as nil if nothing was asked for when the container was made
	Links      []string            // of networks of one's own: "db:alias"
	Aliases    []string            // told with what Docker adds, the short ID and the hostname; since 28 as they were asked for
	// What is asked for; EndpointSettings has fields of these names for what there is.
	MacAddress string            `json:",omitempty"` // of release 28 and later; others have that of Config
	DriverOpts map[string]string `json:",omitempty"` // see OptionIfname and OptionSysctls
	GwPriority int               `json:",omitempty"` // of release 28 and later: the highest has the default route
}

// Options of an endpoint, of release 28 and later. Others keep them and do nothing with them.
const (
	OptionIfname  = "com.docker.network.endpoint.ifname"  // the name of the interface: "lan0"
	OptionSysctls = "com.docker.network.endpoint.sysctls" // "net.ipv4.conf.IFNAME.rp_filter=2", between commas
)

// An EndpointIPAMConfig is the addresses that are asked for.
type EndpointIPAMConfig struct {
	IPv4Address string `json:",omitempty"`
	IPv6Address string `json:",omitempty"`
}
