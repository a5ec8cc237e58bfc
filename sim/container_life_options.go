package sim

import (
	"strconv"
	"strings"

	"drydock/sim/dockerapi"
)

// WithLabels sets labels, each "name=value" or "name": --label. They are told by Inspect and
// of each event.
func WithLabels(labels ...string) ContainerOption {
	return func(s *containerSpec) error {
		s.Labels = cloneMap(s.Labels)
		for _, l := range labels {
			name, value, _ := strings.Cut(l, "=")
			s.Labels[name] = value
		}
		return nil
	}
}

// WithRestart sets when the container is started again after it has exited by itself:
// "no", "always", "unless-stopped", "on-failure" or, at most three times, "on-failure:3":
// --restart. See Container.Wait for exit statuses.
func WithRestart(policy string) ContainerOption {
	return func(s *containerSpec) error {
		name, count, counted := strings.Cut(policy, ":")
		s.HostConfig.RestartPolicy = dockerapi.RestartPolicy{Name: name}
		if !counted {
			return nil
		}
		n, err := strconv.Atoi(count)
		s.HostConfig.RestartPolicy.MaximumRetryCount = n
		if err != nil {
			return newError(opCreate, policy, ErrConflict, s.host.says.RestartCount)
		}
		return nil
	}
}

// WithAutoRemove removes the container when it has exited: --rm.
func WithAutoRemove() ContainerOption {
	return func(s *containerSpec) error {
		s.HostConfig.AutoRemove = true
		return nil
	}
}
