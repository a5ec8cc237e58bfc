package dockercli

import (
	"context"
	"fmt"
	"net"
	"strings"

	"drydock/sim/dockerd"
	"drydock/sim/tools/internal/onhost"

	"github.com/spf13/pflag"
)

// unresolved begins what docker says of a daemon that it cannot find out about.
const unresolved = "unable to resolve docker endpoint: "

// defaultHost is where a machine's own daemon listens.
const defaultHost = "unix://" + dockerd.Socket

// globalFlags are the flags of docker itself.
type globalFlags struct {
	d       *docker
	hosts   *[]string
	context *string
	version *bool
}

// addGlobalFlags adds the flags of docker itself.
func addGlobalFlags(d *docker, f *pflag.FlagSet) globalFlags {
	f.SetInterspersed(false)
	dir := "/root"
	if home, ok := d.getenv("HOME"); ok {
		dir = home
	}
	dir += "/.docker"
	g := globalFlags{
		d:       d,
		hosts:   multi(f, "host", "H", "Daemon socket(s) to connect to", nil),
		context: f.StringP("context", "c", "", "Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and default context set with \"docker context use\")"),
		version: f.BoolP("version", "v", false, "Print version information and quit"),
	}
	refuse(f,
		unsupported{"config", "", "string", dir, "Location of client config files"},
		unsupported{"debug", "D", "bool", "", "Enable debug mode"},
		unsupported{"log-level", "l", "string", "info", `Set the logging level ("debug"|"info"|"warn"|"error"|"fatal")`},
		unsupported{"tls", "", "bool", "", "Use TLS; implied by --tlsverify"},
		unsupported{"tlscacert", "", "string", dir + "/ca.pem", "Trust certs signed only by this CA"},
		unsupported{"tlscert", "", "string", dir + "/cert.pem", "Path to TLS certificate file"},
		unsupported{"tlskey", "", "string", dir + "/key.pem", "Path to TLS key file"},
		unsupported{"tlsverify", "", "bool", "", "Use TLS and verify the remote"},
	)
	return g
}

// check looks at the flags together.
func (g globalFlags) check() error {
	switch {
	case len(*g.hosts) > 1:
		return dockerError(unresolved + "Please specify only one -H")
	case len(*g.hosts) > 0 && *g.context != "":
		return dockerError("Conflicting options: either specify --host or --context, not both")
	case *g.context != "" && *g.context != "default":
		return fmt.Errorf("%scontext %q does not exist", unresolved, *g.context)
	}
	return nil
}

// host returns the address of the daemon: what -H says, else $DOCKER_HOST unless a context is
// asked for, else the machine's own.
func (g globalFlags) host() (string, error) {
	host := ""
	if len(*g.hosts) > 0 {
		host = (*g.hosts)[0]
	} else if *g.context == "" {
		host, _ = g.d.getenv("DOCKER_HOST")
	}
	if host == "" {
		return defaultHost, nil
	}
	return parseHost(host)
}

// parseHost returns the address of a daemon in full.
func parseHost(s string) (string, error) {
	scheme, addr, ok := strings.Cut(strings.TrimSpace(s), "://")
	if !ok {
		scheme, addr = "tcp", scheme
	}
	presets := map[string]string{"tcp": "localhost:2375", "unix": "/var/run/docker.sock", "npipe": "//./pipe/docker_engine", "fd": "", "ssh": ""}
	preset, known := presets[scheme]
	switch {
	case !known:
		return "", dockerError(unresolved + "Invalid bind address format: " + s)
	case strings.Contains(addr, "://"):
		return "", dockerError(unresolved + "Invalid proto, expected " + scheme + ": " + addr)
	case addr == "":
		addr = preset
	case scheme == "tcp" && !strings.Contains(addr, ":"):
		addr += ":2375"
	}
	return scheme + "://" + addr, nil
}

// client returns a client of the daemon at an address. The only one that can be reached is
// that of the machine where the command runs, if it has one.
func (d *docker) client(host string) *client {
	h := onhost.Of(d.Machine)
	if h == nil || host != defaultHost {
		return newClient(d.release, host, func(context.Context) (net.Conn, error) { return nil, errUnreachable{host} })
	}
	return newClient(d.release, host, func(ctx context.Context) (net.Conn, error) { return dockerd.DialSocket(ctx, h, dockerd.Socket) })
}

// getenv returns a variable of docker's own environment.
func (d *docker) getenv(name string) (value string, ok bool) {
	for i := len(d.Env) - 1; i >= 0; i-- {
		if value, ok = strings.CutPrefix(d.Env[i], name+"="); ok {
			return value, true
		}
	}
	return "", false
}
