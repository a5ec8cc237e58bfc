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

// An Info answers GET /info. What an emulated host does not have is told as of one that has
// it: limits of resources, drivers of logs and the programs that start containers.
type Info struct {
	ID                  string
	Containers          int
	ContainersRunning   int
	ContainersPaused    int
	ContainersStopped   int
	Images              int
	Driver              string
	DriverStatus        [][2]string
	SystemStatus        [][2]string `json:",omitempty"`
	Plugins             Plugins
	MemoryLimit         bool
	SwapLimit           bool
	KernelMemory        bool
	KernelMemoryTCP     bool
	CPUCfsPeriod        bool `json:"CpuCfsPeriod"`
	CPUCfsQuota         bool `json:"CpuCfsQuota"`
	CPUShares           bool
	CPUSet              bool
	PidsLimit           bool
	IPv4Forwarding      bool
	BridgeNfIptables    bool
	BridgeNfIP6tables   bool `json:"BridgeNfIp6tables"`
	Debug               bool
	NFd                 int // of dockerd's open files, as told by one that has nothing to do
	OomKillDisable      bool
	NGoroutines         int // likewise
	SystemTime          string
	LoggingDriver       string
	CgroupDriver        string
	CgroupVersion       string `json:",omitempty"`
	NEventsListener     int
	KernelVersion       string
	OperatingSystem     string
	OSVersion           string
	OSType              string
	Architecture        string
	IndexServerAddress  string
	RegistryConfig      RegistryConfig
	NCPU                int
	MemTotal            int64
	GenericResources    []any
	DockerRootDir       string
	HTTPProxy           string `json:"HttpProxy"`
	HTTPSProxy          string `json:"HttpsProxy"`
	NoProxy             string
	Name                string
	Labels              []string
	ExperimentalBuild   bool
	ServerVersion       string
	Runtimes            map[string]Runtime
	DefaultRuntime      string
	Swarm               Swarm
	LiveRestoreEnabled  bool
	Isolation           string
	InitBinary          string
	ContainerdCommit    Commit
	RuncCommit          Commit
	InitCommit          Commit
	SecurityOptions     []string
	Warnings            []string
	DefaultAddressPools []AddressPool `json:",omitempty"`

	CDISpecDirs     []string      `json:",omitempty"` // since release 28
	FirewallBackend *FirewallInfo `json:",omitempty"` // since release 29
}

// A FirewallInfo is how dockerd filters.
type FirewallInfo struct {
	Driver string // "iptables"
	Info   [][2]string
}

// An AddressPool is a subnet that is cut into subnets of Size bits, for networks without one.
type AddressPool struct {
	Base string
	Size int
}

// A Runtime is a program that starts containers.
type Runtime struct {
	Path string `json:"path"`
}

// A Commit is the version of a program that dockerd uses.
type Commit struct{ ID, Expected string }

// A RegistryConfig is which registries there are, and which of them are believed without TLS.
type RegistryConfig struct {
	AllowNondistributableArtifactsCIDRs     []string
	AllowNondistributableArtifactsHostnames []string
	InsecureRegistryCIDRs                   []string
	IndexConfigs                            map[string]RegistryIndex
	Mirrors                                 []string
}

// A RegistryIndex is a registry.
type RegistryIndex struct {
	Name     string
	Mirrors  []string
	Secure   bool
	Official bool
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
