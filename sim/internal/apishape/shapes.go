package apishape

import (
	"reflect"
	"strings"

	"drydock/sim/dockerapi"
)

// The APIs of the daemons of 28 and 29, that which took away what there was twice, and that which
// tells of manifests.
var (
	v28 = Version{1, 51}
	v29 = Version{1, 55}
	v52 = Version{1, 52}
	v48 = Version{1, 48}
)

// goneIn52 are the fields of the network "bridge" outside of Networks, which 29 tells nobody.
var goneIn52 = strings.Fields(`Bridge HairpinMode LinkLocalIPv6Address LinkLocalIPv6PrefixLen SecondaryIPAddresses SecondaryIPv6Addresses
	EndpointID Gateway GlobalIPv6Address GlobalIPv6PrefixLen IPAddress IPPrefixLen IPv6Gateway MacAddress`)

// goneIn28 are limits that later kernels do not have, and what 28 does not tell.
var goneIn28 = strings.Fields("KernelMemory KernelMemoryTCP")

// shapes are the rules of types, the oldest first.
var shapes = map[reflect.Type][]rule{
	reflect.TypeFor[dockerapi.NetworkSettings](): {
		{daemon: v28, after: [][2]string{{"SandboxKey", "SandboxID"}, {"Ports", "SandboxKey"}, {"HairpinMode", "Ports"}, {"LinkLocalIPv6Address", "HairpinMode"}, {"LinkLocalIPv6PrefixLen", "LinkLocalIPv6Address"}}},
		{daemon: v29, gone: goneIn52, after: [][2]string{{"SandboxKey", "SandboxID"}}},
	},
	reflect.TypeFor[dockerapi.EndpointSettings](): {
		{
			daemon: v28, first: strings.Fields("IPAMConfig Links Aliases MacAddress DriverOpts GwPriority NetworkID"),
			always: strings.Fields("MacAddress DriverOpts GwPriority DNSNames"),
		},
		{
			daemon: v29, first: strings.Fields("IPAMConfig Links Aliases DriverOpts GwPriority NetworkID EndpointID Gateway IPAddress MacAddress"),
			always: strings.Fields("MacAddress DriverOpts GwPriority DNSNames"),
		},
	},
	reflect.TypeFor[dockerapi.HostConfig](): {
		{
			daemon: v28, gone: goneIn28,
			after: [][2]string{{"ConsoleSize", "VolumesFrom"}, {"CapAdd", "ConsoleSize"}, {"CapDrop", "CapAdd"}},
		},
	},
	reflect.TypeFor[dockerapi.Network](): {
		{daemon: v28, always: []string{"EnableIPv4"}, gone: []string{"Status"}},
		{daemon: v29, always: []string{"EnableIPv4"}, gone: []string{"Status"}, after: afterLabels},
		{daemon: v29, asked: v52, always: []string{"EnableIPv4"}, after: afterLabels},
	},
	reflect.TypeFor[dockerapi.Container](): {
		{daemon: v28, gone: []string{"Storage", "ImageManifestDescriptor"}},
		{daemon: v29, asked: v48, gone: []string{"Storage"}},
		{daemon: v29, asked: v52, gone: []string{"GraphDriver"}, after: [][2]string{{"Storage", "HostConfig"}}},
	},
	reflect.TypeFor[dockerapi.ContainerSummary](): {
		{daemon: v28, gone: []string{"Health", "ImageManifestDescriptor"}},
		{daemon: v29, asked: v48, gone: []string{"Health"}, after: [][2]string{{"ImageManifestDescriptor", "ImageID"}}},
		{daemon: v29, asked: v52, after: [][2]string{{"ImageManifestDescriptor", "ImageID"}, {"Health", "HostConfig"}}},
	},
	reflect.TypeFor[dockerapi.Config](): {
		{daemon: v29, gone: []string{"OnBuild", "MacAddress"}},
	},
	reflect.TypeFor[dockerapi.Port](): {
		{daemon: v29, always: []string{"IP"}},
	},
}

var afterLabels = [][2]string{{"Containers", "Labels"}, {"Status", "Containers"}}
