package daemonjson

import "strings"

// emulated are the directives of Config.
var emulated = strings.Fields(`bip debug default-address-pools default-gateway dns dns-opts dns-search exec-opts fixed-cidr
	fixed-cidr-v6 icc ip ip-forward ip-masq iptables ipv6 labels log-level max-concurrent-downloads max-concurrent-uploads
	max-download-attempts mtu registry-mirrors userland-proxy`)

// ignored are names of dockerd's flags whose directives have another name. It does not refuse them
// in the file, and does nothing.
var ignored = strings.Fields(`add-runtime authorization-plugin config-file default-address-pool default-network-opts default-ulimit
	deprecated-key-path dns-opt exec-opt help host insecure-registry label log-opt node-generic-resource registry-mirror storage-opt version`)

// notEmulated are the others, with their values on an emulated host where these are not zero. Those
// with an object are objects for dockerd, too.
var notEmulated = map[string]any{
	"allow-nondistributable-artifacts": nil,
	"api-cors-header":                  nil,
	"authorization-plugins":            nil,
	"bridge":                           nil,
	"builder":                          map[string]any{},
	"cgroup-parent":                    nil,
	"cluster-advertise":                nil,
	"cluster-store":                    nil,
	"cluster-store-opts":               map[string]any{},
	"containerd":                       nil,
	"containerd-namespace":             "moby",
	"containerd-plugins-namespace":     "plugins.moby",
	"cpu-rt-period":                    nil,
	"cpu-rt-runtime":                   nil,
	"cri-containerd":                   nil,
	"data-root":                        "/var/lib/docker",
	"default-cgroupns-mode":            "host",
	"default-gateway-v6":               nil,
	"default-ipc-mode":                 "private",
	"default-runtime":                  "runc",
	"default-shm-size":                 "64M",
	"default-ulimits":                  map[string]any{},
	"exec-root":                        "/var/run/docker",
	"experimental":                     nil,
	"features":                         map[string]any{},
	"graph":                            nil,
	"group":                            "docker",
	"host-gateway-ip":                  nil,
	"hosts":                            nil,
	"init":                             nil,
	"init-path":                        nil,
	"insecure-registries":              nil,
	"ip6tables":                        nil,
	"live-restore":                     nil,
	"log-driver":                       "json-file",
	"log-opts":                         map[string]any{},
	"metrics-addr":                     nil,
	"network-control-plane-mtu":        1500.0,
	"no-new-privileges":                nil,
	"node-generic-resources":           nil,
	"oom-score-adjust":                 -500.0,
	"pidfile":                          "/var/run/docker.pid",
	"raw-logs":                         nil,
	"rootless":                         nil,
	"runtimes":                         map[string]any{},
	"seccomp-profile":                  nil,
	"selinux-enabled":                  nil,
	"shutdown-timeout":                 15.0,
	"storage-driver":                   "overlay2",
	"storage-opts":                     nil,
	"swarm-default-advertise-addr":     nil,
	"tls":                              nil,
	"tlscacert":                        nil,
	"tlscert":                          nil,
	"tlskey":                           nil,
	"tlsverify":                        nil,
	"userland-proxy-path":              nil,
	"userns-remap":                     nil,
}
