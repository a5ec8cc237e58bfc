package dockerapi

// A Version answers GET /version.
type Version struct {
	Platform      struct{ Name string }
	Components    []ComponentVersion `json:",omitempty"`
	Version       string             // "20.10.24"
	APIVersion    string             `json:"ApiVersion"` // "1.41"
	MinAPIVersion string             `json:"MinAPIVersion,omitempty"`
	GitCommit     string
	GoVersion     string
	Os            string
	Arch          string
	KernelVersion string `json:",omitempty"`
	Experimental  bool   `json:",omitempty"`
	BuildTime     string `json:",omitempty"`
}

// A ComponentVersion is one of the programs that a Version tells of.
type ComponentVersion struct {
	Name    string
	Version string
	Details map[string]string `json:",omitempty"`
}

// An Info answers GET /info. It has the fields that are true of an emulated host, and those
// whose absence a client would warn of.
type Info struct {
	ID                 string
	Containers         int
	ContainersRunning  int
	ContainersPaused   int
	ContainersStopped  int
	Images             int
	Driver             string
	DriverStatus       [][2]string
	Plugins            Plugins
	IPv4Forwarding     bool
	BridgeNfIptables   bool
	BridgeNfIP6tables  bool `json:"BridgeNfIp6tables"`
	Debug              bool
	NEventsListener    int
	SystemTime         string
	LoggingDriver      string
	CgroupDriver       string
	CgroupVersion      string `json:",omitempty"`
	KernelVersion      string
	OperatingSystem    string
	OSVersion          string
	OSType             string
	Architecture       string
	IndexServerAddress string
	NCPU               int
	MemTotal           int64
	DockerRootDir      string
	HTTPProxy          string `json:"HttpProxy"`
	HTTPSProxy         string `json:"HttpsProxy"`
	NoProxy            string
	Name               string
	Labels             []string
	ExperimentalBuild  bool
	ServerVersion      string
	DefaultRuntime     string
	Swarm              Swarm
	LiveRestoreEnabled bool
	SecurityOptions    []string
	Warnings           []string // not nil: a client makes up warnings of its own then
}

// Plugins are the names of the drivers that there are.
type Plugins struct {
	Volume        []string
	Network       []string
	Authorization []string
	Log           []string
}

// A Swarm is the state of a host in one.
type Swarm struct {
	LocalNodeState string // "inactive"
}
