package engine

// Messages are what Docker says, the daemon or, of what it does not get to see, the client. They
// are formats of package fmt; a comment tells what for.
type Messages struct {
	// Containers.
	NoContainer      string // its name
	NotRunning       string // the ID
	ContainerName    string // an invalid name
	NameInUse        string // the name, with a slash, and the ID that has it
	Rename           string // why not
	RenameEmpty      string
	RenameSame       string
	Kill             string // the name, and why not
	Restart          string // the name, and why not
	StartPaused      string
	ExecPaused       string // the name
	AlreadyPaused    string // the ID
	NotPaused        string // the ID
	RemoveRunning    string // the ID
	RemovePaused     string // the ID
	JoinNotRunning   string // the ID of the container with the namespace
	EnvVariable      string // what it is instead
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
	IPTables    string // the command, what it said, and its exit status
	HostIgnores string // what is logged of ports published in the host's namespace

	// Links.
	LinkMode       string
	LinkEmpty      string
	LinkFormat     string // what was asked for
	LinkAlias      string // the alias
	LinkNotFound   string // the name, twice
	LinkHost       string
	LinkNetwork    string // the name
	LinkNotRunning string // the target, the client and the alias
	LinkRules      string // why not

	// Networks.
	NoNetwork           string // where networks are managed: its name
	NetworkNotFound     string // where containers are: its name or ID
	NetworkName         string // an invalid name
	NetworkExists       string // its name
	CreatePredefined    string // its name
	RemovePredefined    string // its name
	HasEndpoints        string // its name and ID
	SubnetFormat        string // what is none, twice
	SubnetsPerFamily    string
	SubnetMissing       string
	SubnetOverlaps      string
	NoPool              string
	NoPool6             string // of IPv6
	RangeOutside        string // the range
	GatewayOutside      string // the gateway
	GatewayTaken        string // the gateway
	GatewayNone         string
	GatewayNotOfBridge  string // the gateway with its length
	SecondPredefined    string // the driver
	NoPlugin            string // the driver
	OptionValue         string // the option, its value, and why not
	MTU                 string // the number
	NetworkRules        string // why not
	SeveralNetworks     string // their names
	AliasPredefined     string
	AddrPredefined      string
	AddrOnAutoSubnet    string
	AddrFormat          string // the version of IP, and what is no address
	AddrOutside         string // the address
	AddrInUse           string
	AddrsExhausted      string // the version of IP, name and ID of the network
	EndpointExists      string // the names of container and network
	ConnectHost         string
	ConnectShared       string
	ConnectPrivate      string
	NotConnected        string // the ID, and the network's name
	NotConnectedStopped string // likewise, while the container does not run
}
