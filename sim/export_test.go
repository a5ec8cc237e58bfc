package sim

import "drydock/sim/dockerapi"

// SetDefaultRelease sets the release of hosts without WithEngine.
func SetDefaultRelease(r Release) { defaultRelease = r }

// DropCauses returns how many causes the log of drops sums up.
func (m *Machine) DropCauses() int {
	m.dropLog.mu.Lock()
	defer m.dropLog.mu.Unlock()
	return len(m.dropLog.causes)
}

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
