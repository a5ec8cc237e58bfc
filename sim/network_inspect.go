package sim

import (
	"fmt"
	"time"
)

// A NetworkInfo is what "docker network inspect" tells of a network. It marshals to
// Docker's JSON.
type NetworkInfo struct {
	Name       string
	ID         string `json:"Id"`
	Created    time.Time
	Scope      string // "local"
	Driver     string
	EnableIPv6 bool
	IPAM       IPAMInfo
	Internal   bool
	Attachable bool
	Ingress    bool
	ConfigFrom struct{ Network string }
	ConfigOnly bool
	Containers map[string]EndpointInfo // those that run, by ID
	Options    map[string]string       // as the options of CreateNetwork are called there
	Labels     map[string]string
}

// An IPAMInfo is the addresses of a network.
type IPAMInfo struct {
	Driver  string
	Options map[string]string
	Config  []IPAMConfig
}

// An IPAMConfig is a subnet of a network. What was not asked for is not told, but for
// the subnets that Docker chooses.
type IPAMConfig struct {
	Subnet  string
	IPRange string `json:",omitempty"`
	Gateway string `json:",omitempty"`
}

// An EndpointInfo is a container on a network.
type EndpointInfo struct {
	Name        string
	EndpointID  string
	MacAddress  string
	IPv4Address string // with the length of the subnet
	IPv6Address string
}

// Inspect returns what "docker network inspect" tells.
func (n *Network) Inspect() NetworkInfo {
	info := NetworkInfo{
		Name: n.name, ID: n.id, Created: n.created.UTC().Round(0), Scope: "local", Driver: n.driver, Internal: n.config.internal,
		EnableIPv6: n.config.v6.subnet.IsValid(),
		IPAM:       IPAMInfo{Driver: "default", Config: []IPAMConfig{}},
		Containers: make(map[string]EndpointInfo),
		Options:    n.config.options(),
		Labels:     map[string]string{},
	}
	if !n.predefined() {
		info.IPAM.Options = map[string]string{}
	}
	if n.bridge == nil {
		return info
	}
	if n.name == bridgeNetwork {
		info.Options = n.docker0Options()
	}
	for _, f := range n.config.families() {
		info.IPAM.Config = append(info.IPAM.Config, f.asked)
	}
	for _, ep := range n.attached() {
		e := EndpointInfo{
			Name: ep.container.Name(), EndpointID: ep.id, MacAddress: containerMAC(ep.addr).String(),
			IPv4Address: n.config.v4.prefix(ep.addr).String(),
		}
		if ep.addr6.IsValid() {
			e.IPv6Address = n.config.v6.prefix(ep.addr6).String()
		}
		info.Containers[ep.container.id] = e
	}
	return info
}

// docker0Options are what dockerd notes of the network "bridge".
func (n *Network) docker0Options() map[string]string {
	return map[string]string{
		"com.docker.network.bridge.default_bridge":       "true",
		"com.docker.network.bridge.enable_icc":           fmt.Sprint(!n.config.noICC),
		"com.docker.network.bridge.enable_ip_masquerade": "true",
		"com.docker.network.bridge.host_binding_ipv4":    "0.0.0.0",
		"com.docker.network.bridge.name":                 n.device,
		"com.docker.network.driver.mtu":                  fmt.Sprint(n.config.mtu),
	}
}

// options are those that differ from the defaults.
func (c *networkConfig) options() map[string]string {
	m := make(map[string]string)
	if c.noICC {
		m["com.docker.network.bridge.enable_icc"] = "false"
	}
	if c.noMasquerade {
		m["com.docker.network.bridge.enable_ip_masquerade"] = "false"
	}
	if c.mtuGiven {
		m["com.docker.network.driver.mtu"] = fmt.Sprint(c.mtu)
	}
	return m
}
