package engine

// Messages are what Docker says, the daemon or, of what it does not get to see, the client. They
// are formats of package fmt; a comment tells what for.
type Messages struct {
	// Containers.
	SetUp            string // why a container does not start with its networks
	NoContainer      string // its name
	NotRunning       string // the ID
	ContainerName    string // an invalid name
	NameInUse        string // the name, with a slash, and the ID that has it
	Rename           string // why not
	RenameEmpty      string
	RenameSame       string
	Kill             string // the name, and why not
	KillPaused       string // the ID
	Restart          string // the name, and why not
	StartPaused      string
	Restarting       string // the ID
	RemoveRestarting string // the ID and the name, as of the next two
	ExecPaused       string // the name
	ExecFailed       string // why, as runc says it
	ExecDown         string // the ID of the container and its state
	ExecHasRun       string // the ID of the command
	ExecRuns         string // likewise
	StartFailed      string // likewise
	InitFailed       string // likewise
	Shim             string // the ID: the command line of what holds the container's processes
	AlreadyPaused    string // the ID
	NotPaused        string // the ID
	RemoveRunning    string // the ID
	RemovePaused     string // the ID
	JoinNotRunning   string // ID, name and state of the container with the namespace
	JoinNotFound     string // the same, of one that is not there: its name
	JoinSelf         string
	JoinFormat       string // of one without a name
	EnvVariable      string // what it is instead
	WorkingDir       string // what is not absolute
	Signal           string // what is none
	RestartPolicy    string // what is none
	RestartRetries   string // the policy that has none
	RestartNegative  string
	RestartCount     string
	RestartRemove    string // of a container that is to be removed when it exits
	AddHostFormat    string // what was asked for
	AddHostAddr      string // the address
	DNSServer        string // what is no address
	NamespaceOptions string // what is for a container that has a namespace to itself
	HostnameOption   string // for NamespaceOptions, like the following ones
	PublishOption    string
	DNSOption        string
	AddHostOption    string
	ExposeOption     string

	// Ports.
	PortAddr    string // what is no address
	PortSpec    string // what is no port
	Publish     string // name and ID of the endpoint, and why not
	Listen      string // a port of the host, its protocol, that of the container, and why not: all, and its last part
	NoSCTP      string // the same
	IPTables    string // the command's name and arguments, what it said, and its exit status
	HostIgnores string // what is logged of ports published in the host's namespace

	// Links.
	LinkMode       string
	LinkEmpty      string
	LinkFormat     string // what was asked for
	LinkAlias      string // the alias
	LinkNotFound   string // the name, twice
	LinkNoName     string
	LinkHost       string
	LinkNetwork    string // name and ID
	LinkShared     string // of a container in the namespace of another one
	LinkNotRunning string // the target, the client and the alias
	LinkRules      string // why not

	// Networks.
	NoNetwork           string // where networks are managed: its name
	NetworkNotFound     string // where containers are: its name or ID
	NetworkName         string // an invalid name
	NetworkExists       string // its name
	CreatePredefined    string // its name
	RemovePredefined    string // its name
	HasEndpoints        string // its name and ID, and who has them
	SubnetFormat        string // what is none, twice
	SubnetsPerFamily    string
	SubnetMissing       string
	SubnetOverlaps      string
	BridgeName          string // why no interface can have that name
	BridgeTaken         string // the network, its bridge, the other network, its bridge
	NoPool              string
	NoPool6             string // of IPv6
	RangeOutside        string // the range
	GatewayOutside      string // the gateway
	GatewayTaken        string // the gateway
	GatewayNone         string // the gateway that was asked for
	PoolFull            string
	AuxAddr             string // name and address of what is none, and the network
	AuxOutside          string // name, address and subnet
	AuxTaken            string // name and address
	GatewayNotOfBridge  string // the gateway with its length
	SecondPredefined    string // the driver
	NoPlugin            string // the driver
	OptionValue         string // the option, its value, and why not
	MTU                 string // the number
	IsolatedGateway     string
	NetworkRules        string // why not
	SeveralNetworks     string // their names
	AliasPredefined     string
	AddrPredefined      string
	AddrOnAutoSubnet    string
	AddrFormat          string // the version of IP, and what is no address
	AddrFormatConnect   string // the same, of a container that is connected
	AddrOutside         string // the address
	AddrInUse           string
	AddrsExhausted      string // the version of IP, name and ID of the network
	EndpointExists      string // the names of container and network
	ConnectHost         string
	DisconnectHost      string
	EndpointSettings    string // what is wrong with them, where they are checked
	EndpointOfNetwork   string // the network and EndpointSettings, where a container is made
	NetworkEmpty        string // a network without a name
	HostnameLong        string // a hostname of more than 64 bytes; "": only runc refuses it
	ConnectShared       string
	ConnectPrivate      string
	NotConnected        string // the ID, and the network's name
	NotConnectedStopped string // likewise, while the container does not run
}

// with returns messages of which some are changed.
func (m Messages) with(change func(*Messages)) *Messages {
	change(&m)
	return &m
}

// messages are those that the releases share. Capitals and full stops are dockerd's own.
var messages = Messages{
	SetUp:           "%v",
	NoContainer:     "No such container: %s",
	NotRunning:      "Container %s is not running",
	ContainerName:   "Invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
	Rename:          "Error when allocating new name: %v",
	RenameEmpty:     "Neither old nor new names may be empty",
	RenameSame:      "Renaming a container with the same name as its current name",
	KillPaused:      "Container %s is paused. Unpause the container before stopping",
	Restart:         "Cannot restart container %s: %v",
	ExecPaused:      "Container %s is paused, unpause the container before exec",
	ExecFailed:      "OCI runtime exec failed: exec failed: unable to start container process: %s: unknown",
	Shim:            "/usr/bin/containerd-shim-runc-v2 -namespace moby -id %s -address /run/containerd/containerd.sock",
	ExecDown:        "Container %s is not running: %s",
	ExecHasRun:      "Error: Exec command %s has already run",
	ExecRuns:        "Error: Exec command %s is already running",
	StartFailed:     "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: %s: unknown",
	InitFailed:      "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: %s: unknown",
	JoinSelf:        "cannot join own network",
	JoinFormat:      "Invalid network mode: invalid container format container:<name|id>",
	AlreadyPaused:   "Container %s is already paused",
	NotPaused:       "Container %s is not paused",
	JoinNotRunning:  "cannot join network of a non running container: %[1]s",
	JoinNotFound:    "No such container: %s",
	EnvVariable:     "invalid environment variable: %s",
	Restarting:      "Container %s is restarting, wait until the container is running",
	WorkingDir:      "the working directory '%s' is invalid, it needs to be an absolute path",
	Signal:          "Invalid signal: %s",
	RestartPolicy:   "invalid restart policy '%s'",
	RestartRetries:  "maximum retry count cannot be used with restart policy '%s'",
	RestartNegative: "maximum retry count cannot be negative",
	RestartCount:    "maximum retry count must be an integer",
	RestartRemove:   "can't create 'AutoRemove' container with restart policy",
	AddHostFormat:   "bad format for add-host: %q",
	AddHostAddr:     "invalid IP address in add-host: %q",
	DNSServer:       "%s is not an ip address",
	HostnameOption:  "hostname and the",
	PublishOption:   "port publishing and the container type",
	DNSOption:       "dns and the",
	AddHostOption:   "custom host-to-IP mapping and the",
	ExposeOption:    "port exposing and the container type",

	PortAddr:    "Invalid ip address: %s",
	PortSpec:    "invalid port specification: %q",
	Publish:     "driver failed programming external connectivity on endpoint %s (%s): %v",
	Listen:      "Error starting userland proxy: %[4]v",
	NoSCTP:      "Error starting userland proxy: %[5]v",
	IPTables:    "(iptables failed: %s --wait %s: %v\n (exit status %d))",
	HostIgnores: "Published ports are discarded when using host network mode",

	LinkMode:       "links are only supported for user-defined networks.",
	LinkEmpty:      "empty string specified for links",
	LinkFormat:     "bad format for links: %s",
	LinkAlias:      "invalid alias %q",
	LinkNoName:     `could not get container for : invalid name or ID supplied: ""`,
	LinkNetwork:    "Cannot link to /%[1]s, as it does not belong to the default network",
	LinkShared:     "links are only supported for user-defined networks.",
	LinkNotRunning: "Cannot link to a non running container: /%s AS /%s/%s",
	LinkRules:      "Unable to link: %v",

	NoNetwork:           "No such network: %s",
	NetworkNotFound:     "network %s not found",
	NetworkName:         "invalid name: %s",
	NetworkEmpty:        "network with name  already exists",
	EndpointSettings:    "%v",
	EndpointOfNetwork:   "%[2]v",
	NetworkExists:       "network with name %s already exists",
	RemovePredefined:    "%s is a pre-defined network and cannot be removed",
	SubnetFormat:        "Invalid subnet %v : invalid CIDR address: %[1]v",
	SubnetsPerFamily:    "bridge driver doesn't support multiple subnets",
	SubnetMissing:       "every ip-range or gateway must have a corresponding subnet",
	BridgeName:          "failed to check bridge interface existence: %s",
	BridgeTaken:         "cannot create network %s (%s): conflicts with network %s (%s): networks have same bridge name",
	SubnetOverlaps:      "Pool overlaps with other one on this address space",
	NoPool:              "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
	NoPool6:             "could not find an available, non-overlapping IPv6 address pool among the defaults to assign to the network",
	RangeOutside:        "no matching subnet for range %v",
	GatewayOutside:      "no matching subnet for gateway %v",
	GatewayTaken:        "failed to allocate gateway (%v): Address already in use",
	AuxAddr:             "non parsable secondary ip address (%s:%s) passed for network %s",
	AuxOutside:          "auxiliary address: (%s:%v) must belong to the master pool: %v",
	AuxTaken:            "failed to allocate secondary ip address (%s:%v): Address already in use",
	PoolFull:            "No available addresses on this pool",
	GatewayNone:         "failed to allocate gateway (%s): No available addresses on this pool",
	GatewayNotOfBridge:  "failed to add IPv6 address %v to bridge: cannot assign requested address",
	SecondPredefined:    "only one instance of %q network is allowed",
	NoPlugin:            "plugin %q not found",
	OptionValue:         "failed to parse %s value: %s (%v)",
	MTU:                 "invalid MTU number: %d",
	IsolatedGateway:     "gateway mode 'isolated' can only be used for an internal network",
	NetworkRules:        "Failed to Setup IP tables: %v",
	SeveralNetworks:     "Container cannot be connected to network endpoints: %s",
	AddrFormat:          "invalid %s address: %s",
	AddrFormatConnect:   "Invalid %s address: %s)", // with one parenthesis
	AddrOutside:         "Invalid address %v: It does not belong to any of this network's subnets",
	AddrInUse:           "Address already in use",
	AddrsExhausted:      "no available %s addresses on this network's address pools: %s (%s)",
	NotConnectedStopped: "container %s is not connected to the network %s",
}
