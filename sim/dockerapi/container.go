// Package dockerapi has the shapes of Docker's HTTP API, version 1.41: what is sent to
// create containers and networks, and what is told of them. Its types are data without
// behaviour. They marshal to Docker's JSON and have its fields, but for those that an
// emulated network has no meaning for: files, volumes, security, limits, swarm and the ID
// of the image. The docs say what package sim puts in a field where Docker may put more.
package dockerapi

import "time"

// A Container is what "docker inspect" tells of a container: GET /containers/{id}/json.
type Container struct {
	ID              string `json:"Id"` // 64 hex digits
	Created         time.Time
	Path            string // Config.Cmd is Path and Args
	Args            []string
	State           State
	Name            string // "/web"
	HostConfig      HostConfig
	Config          Config
	NetworkSettings NetworkSettings
}

// A State is where a container is in its life.
type State struct {
	Status     string // "created", "running", "paused" or "exited"
	Running    bool   // also while it is paused
	Paused     bool
	Restarting bool // always false, as are the next two
	OOMKilled  bool
	Dead       bool
	Pid        int       // always 0: a container is no process
	ExitCode   int       // of the last run; 0 while it runs, 128 if it could not start
	Error      string    // why it did not start
	StartedAt  time.Time // zero if it never was
	FinishedAt time.Time // zero if it never stopped
}

// A Config is what the image and the options say of the container itself. Of a container
// that is to be made it has what differs from the image.
type Config struct {
	Hostname     string
	ExposedPorts map[string]struct{} `json:",omitempty"` // by port, "80/tcp"; also those that are published
	Env          []string            // "NAME=value" of the options and the image, with its PATH
	Cmd          []string
	Image        string
}

// A HostConfig is what is asked for of the container's place on the host.
type HostConfig struct {
	// NetworkMode is "default", which empty stands for and is the network "bridge", the name
	// or the ID of a network, or "container:" and the name or ID of a container, told as ID.
	NetworkMode     string
	PortBindings    map[string][]PortBinding // by port of the container, "80/tcp"
	DNS             []string                 `json:"Dns"`
	DNSOptions      []string                 `json:"DnsOptions"`
	DNSSearch       []string                 `json:"DnsSearch"`
	ExtraHosts      []string                 // "name:address"
	Links           []string                 // asked for as "db:alias"; told of the default bridge alone, by alias, as "/db:/web/alias"
	PublishAllPorts bool
}

// A PortBinding is where on the host a port of a container is published or is asked to be.
type PortBinding struct {
	HostIP   string `json:"HostIp"` // empty: all addresses
	HostPort string // empty: an ephemeral one; also a range when it is asked for
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
	DriverOpts          map[string]string // always empty; nil on the network that the container was made on
}

// An EndpointConfig is what is asked for of a container on one network. Docker has it in
// EndpointSettings, which is sent with its other fields empty.
type EndpointConfig struct {
	IPAMConfig *EndpointIPAMConfig // nil: any address; told as nil if nothing was asked for when the container was made
	Links      []string            // of networks of one's own: "db:alias"
	Aliases    []string            // told with what Docker adds, the short ID and the hostname
}

// An EndpointIPAMConfig is the addresses that are asked for.
type EndpointIPAMConfig struct {
	IPv4Address string `json:",omitempty"`
	IPv6Address string `json:",omitempty"`
}
