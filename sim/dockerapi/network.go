package dockerapi

import "time"

// A Network is what "docker network inspect" tells of a network: GET /networks/{id}.
type Network struct {
	Name       string
	ID         string `json:"Id"` // 64 hex digits
	Created    time.Time
	Scope      string // "local"
	Driver     string // "bridge", "host" or "null"
	EnableIPv4 bool   `json:",omitempty"` // is told by release 28 and later
	EnableIPv6 bool
	IPAM       IPAM
	Internal   bool
	Attachable bool // as it was asked for
	Ingress    bool // always false, as swarm's
	ConfigFrom ConfigReference
	ConfigOnly bool
	Containers map[string]NetworkContainer // those that run, by ID
	Options    map[string]string           // those that differ from the defaults; all of "bridge"
	Labels     map[string]string
	Status     *NetworkStatus `json:",omitempty"` // of release 29, of one network
}

// A NetworkStatus tells how many addresses there are.
type NetworkStatus struct{ IPAM IPAMStatus }

// An IPAMStatus tells it by subnet.
type IPAMStatus struct {
	Subnets map[string]SubnetStatus `json:",omitempty"`
}

// A SubnetStatus counts the addresses of a subnet. Those of the network, of broadcasts and of the
// gateway are in use, too.
type SubnetStatus struct{ IPsInUse, DynamicIPsAvailable uint64 }

// An IPAM is the addresses of a network.
type IPAM struct {
	Driver  string // "default"
	Options map[string]string
	Config  []IPAMConfig
}

// An IPAMConfig is a subnet of a network. What was not asked for is not told, but for
// the subnets that Docker chooses.
type IPAMConfig struct {
	Subnet  string // "172.18.0.0/16"
	IPRange string `json:",omitempty"` // the part of it that containers are given addresses of
	Gateway string `json:",omitempty"` // the host's address
	// AuxAddresses are addresses that no container is given, by a name for each: --aux-address.
	AuxAddresses map[string]string `json:"AuxiliaryAddresses,omitempty"`
}

// A NetworkContainer is a container on a network.
type NetworkContainer struct {
	Name        string
	EndpointID  string
	MacAddress  string
	IPv4Address string // with the length of the subnet
	IPv6Address string
}
