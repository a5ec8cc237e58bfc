package dockerapi

// A HostConfig is what is asked for of the container's place on the host. What is marked as
// refused may be left out, be zero or what dockerd would put there.
type HostConfig struct {
	Binds           []string // refused
	ContainerIDFile string   // the client's file; is told
	LogConfig       LogConfig
	// NetworkMode is "default", which empty stands for and is the network "bridge", the name
	// or the ID of a network, or "container:" and the name or ID of a container, told as ID.
	NetworkMode     string
	PortBindings    map[string][]PortBinding // by port of the container, "80/tcp"
	RestartPolicy   RestartPolicy
	AutoRemove      bool     // the container is removed when it exits
	VolumeDriver    string   // refused
	VolumesFrom     []string // refused
	CapAdd          Words    // of them only NET_ADMIN means something: programs may change interfaces, addresses and routes
	CapDrop         Words    // is told, but for a NET_ADMIN that "ALL" of CapAdd would give
	CgroupnsMode    string   // refused
	DNS             []string `json:"Dns"`
	DNSOptions      []string `json:"DnsOptions"`
	DNSSearch       []string `json:"DnsSearch"`
	ExtraHosts      []string // "name:address"
	GroupAdd        []string // refused
	IpcMode         string   // refused
	Cgroup          string   // refused
	Links           []string // asked for as "db:alias"; told of the default bridge alone, by alias, as "/db:/web/alias"
	OomScoreAdj     int      // refused
	PidMode         string   // refused
	Privileged      bool     // as NET_ADMIN in CapAdd, and sysctls may be set
	PublishAllPorts bool
	ReadonlyRootfs  bool              // refused
	SecurityOpt     []string          // refused
	StorageOpt      map[string]string `json:",omitempty"` // refused
	Tmpfs           map[string]string `json:",omitempty"` // refused
	UTSMode         string            // refused
	UsernsMode      string            // refused
	ShmSize         int64             // refused
	Sysctls         map[string]string `json:",omitempty"` // of its own network, as SetSysctl has them
	Runtime         string            `json:",omitempty"` // refused
	ConsoleSize     [2]uint           // height and width of the client's terminal; is told
	Isolation       string            // refused
	Resources
	Mounts        []any `json:",omitempty"` // refused
	MaskedPaths   []string
	ReadonlyPaths []string
	Init          *bool `json:",omitempty"` // refused
}

// Resources are limits. All of them are refused.
type Resources struct {
	CPUShares            int64 `json:"CpuShares"`
	Memory               int64
	NanoCPUs             int64 `json:"NanoCpus"`
	CgroupParent         string
	BlkioWeight          uint16
	BlkioWeightDevice    []any
	BlkioDeviceReadBps   []any
	BlkioDeviceWriteBps  []any
	BlkioDeviceReadIOps  []any
	BlkioDeviceWriteIOps []any
	CPUPeriod            int64 `json:"CpuPeriod"`
	CPUQuota             int64 `json:"CpuQuota"`
	CPURealtimePeriod    int64 `json:"CpuRealtimePeriod"`
	CPURealtimeRuntime   int64 `json:"CpuRealtimeRuntime"`
	CpusetCpus           string
	CpusetMems           string
	Devices              []any
	DeviceCgroupRules    []string
	DeviceRequests       []any
	KernelMemory         int64
	KernelMemoryTCP      int64
	MemoryReservation    int64
	MemorySwap           int64
	MemorySwappiness     *int64
	OomKillDisable       *bool
	PidsLimit            *int64
	Ulimits              []any
	CPUCount             int64 `json:"CpuCount"`
	CPUPercent           int64 `json:"CpuPercent"`
	IOMaximumIOps        uint64
	IOMaximumBandwidth   uint64
}

// A LogConfig is where the output of a container goes.
type LogConfig struct {
	Type   string            // "json-file", which empty stands for
	Config map[string]string // "max-size" and "max-file" are told
}

// A RestartPolicy is when a container is started again that has exited by itself.
type RestartPolicy struct {
	Name              string // "no", which empty stands for, "always", "unless-stopped" or "on-failure"
	MaximumRetryCount int    // of "on-failure"; 0: no limit
}

// A PortBinding is where on the host a port of a container is published or is asked to be.
type PortBinding struct {
	HostIP   string `json:"HostIp"` // empty: all addresses
	HostPort string // empty: an ephemeral one; also a range when it is asked for
}
