package sim

import (
	"slices"
	"strings"

	"drydock/sim/internal/linkenv"
)

// setEnv returns env with a variable in the place of the one with its name, or at the
// end.
func setEnv(env []string, v string) []string {
	name, _, _ := strings.Cut(v, "=")
	if i := slices.IndexFunc(env, func(o string) bool { return strings.HasPrefix(o, name+"=") }); i >= 0 {
		env[i] = v
		return env
	}
	return append(env, v)
}

func hasEnv(env []string, name string) bool {
	return slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
}

// Env returns the environment of the container's main process, which it has from the
// start to the stop: PATH, HOSTNAME, the variables of its links (DB_PORT,
// DB_PORT_5432_TCP_ADDR, DB_ENV_… and so on), its own, those of the image, HOME. It is nil
// while the container does not run.
func (c *Container) Env() []string {
	if r := c.running(); r != nil {
		return slices.Clone(r.env)
	}
	return nil
}

// defaultPath is what images have that set none.
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// environment makes what Env returns, of the links of a container that starts.
func (c *Container) environment(hostname string, links []linkenv.Link) []string {
	env := []string{defaultPath, "HOSTNAME=" + hostname}
	for _, l := range links {
		env = append(env, l.Vars()...)
	}
	for _, v := range c.config.env {
		env = setEnv(env, v)
	}
	if !hasEnv(env, "HOME") {
		env = append(env, "HOME=/root")
	}
	return env
}

// linkVars returns what the link tells a container of its target.
func (c *Container) linkVars(l link, target *endpoint) linkenv.Link {
	return linkenv.Link{Client: c.Name(), Alias: l.alias, Addr: target.addr, Ports: l.target.exposed(), Env: l.target.config.env}
}
