package dockerapi

// A ContainerCreate is what a container is made from: the body of POST /containers/create.
type ContainerCreate struct {
	Config
	HostConfig       HostConfig
	NetworkingConfig NetworkingConfig
}

// A NetworkingConfig is what is asked for on the networks that a container is made on.
type NetworkingConfig struct {
	EndpointsConfig map[string]EndpointConfig // by name or ID of the network, of which there can be one before release 28
}

// A NetworkCreate is what a network is made from: the body of POST /networks/create.
type NetworkCreate struct {
	Name           string
	CheckDuplicate bool   // is taken for granted, but for the name ""
	Driver         string // "bridge", which empty stands for
	Scope          string // "local", which empty stands for; others are refused
	EnableIPv4     *bool  `json:",omitempty"` // of release 28 and later; nil: true
	EnableIPv6     bool   // without a subnet of it, release 28 and later have pools
	IPAM           IPAM
	Internal       bool
	Attachable     bool              // is told; it means something to swarm
	Ingress        bool              // refused
	ConfigOnly     bool              // it holds what others are made with
	ConfigFrom     *ConfigReference  // a network that was made so; then nothing of that can be asked for
	Options        map[string]string // of the driver: see the constants
	Labels         map[string]string
}

// A ConfigReference is the network that another one takes its configuration from.
type ConfigReference struct{ Network string }

// The options of the driver "bridge".
const (
	OptionICC        = "com.docker.network.bridge.enable_icc"           // "false": the containers do not reach each other
	OptionMasquerade = "com.docker.network.bridge.enable_ip_masquerade" // "false": packets leave the host as they are
	OptionMTU        = "com.docker.network.driver.mtu"                  // in bytes

	OptionBridgeName  = "com.docker.network.bridge.name"              // of the bridge, in place of br- and its ID
	OptionHostBinding = "com.docker.network.bridge.host_binding_ipv4" // the host's address for published ports that say none

	// As whom the containers are seen outside; releases before 20.10 do not know them, 20.10 not
	// that of IPv6.
	OptionHostIPv4 = "com.docker.network.host_ipv4"
	OptionHostIPv6 = "com.docker.network.host_ipv6"

	// Of release 28 and later: "nat", "nat-unprotected", "routed" or, of an internal network,
	// "isolated".
	OptionGatewayMode4 = "com.docker.network.bridge.gateway_mode_ipv4"
	OptionGatewayMode6 = "com.docker.network.bridge.gateway_mode_ipv6"
	// The same. Interfaces of the host, between colons, from which the containers' addresses are
	// reached.
	OptionTrusted = "com.docker.network.bridge.trusted_host_interfaces"
)
