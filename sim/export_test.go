package sim

import "drydock/sim/dockerapi"

// ContainerSpec returns what options fill in.
func (h *Host) ContainerSpec(opts ...ContainerOption) (dockerapi.ContainerCreate, error) {
	s := newContainerSpec(h, dockerapi.ContainerCreate{})
	for _, opt := range opts {
		if err := opt(s); err != nil {
			return s.ContainerCreate, err
		}
	}
	return s.ContainerCreate, nil
}
