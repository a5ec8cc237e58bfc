package sim

import "slices"

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
