package dockerapi

// A ContainerSummary is what "docker ps" is made of: GET /containers/json.
type ContainerSummary struct {
	ID              string   `json:"Id"` // 64 hex digits
	Names           []string // its name and those that links gave it, in order: "/db", "/web/alias"
	Image           string
	ImageID         string
	Command         string
	Created         int64  // in seconds since 1970
	Ports           []Port // those that are exposed and, on each address, published, while it runs
	SizeRw          int64  `json:",omitempty"` // as in Container
	SizeRootFs      int64  `json:",omitempty"`
	Labels          map[string]string
	State           string // State.Status
	Status          string // "Created", "Up 2 minutes (Paused)", "Exited (3) 2 minutes ago"
	HostConfig      SummaryHostConfig
	NetworkSettings SummaryNetworkSettings
	Mounts          []Mount // always empty

	// Since release 29, of the image and of the container.
	ImageManifestDescriptor *Descriptor    `json:",omitempty"`
	Health                  *HealthSummary `json:",omitempty"`
}

// A HealthSummary is the health of a container, which none here has.
type HealthSummary struct {
	Status        string // "none"
	FailingStreak int
}

// A SummaryHostConfig is what is told of a HostConfig in a list.
type SummaryHostConfig struct {
	NetworkMode string `json:",omitempty"`
}

// A SummaryNetworkSettings is what is told of NetworkSettings in a list: no aliases and links.
type SummaryNetworkSettings struct {
	Networks map[string]EndpointSettings // by name
}

// A Port is a port of a container, as lists have it.
type Port struct {
	IP          string `json:",omitempty"` // of the host, if it is published
	PrivatePort uint16
	PublicPort  uint16 `json:",omitempty"` // of the host, likewise
	Type        string // "tcp", "udp" or "sctp"
}
