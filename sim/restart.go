package sim

import "drydock/sim/dockerapi"

// The names of restart policies.
const (
	restartNo            = "no"
	restartAlways        = "always"
	restartUnlessStopped = "unless-stopped"
	restartOnFailure     = "on-failure"
)

// setRestart refuses restart policies that are none.
func (c *containerConfig) setRestart(s *containerSpec) error {
	says, p := s.host.says, s.HostConfig.RestartPolicy
	switch p.Name {
	case "":
		c.askedHost.RestartPolicy = dockerapi.RestartPolicy{Name: restartNo}
		return nil
	case restartNo, restartAlways, restartUnlessStopped:
		if p.MaximumRetryCount != 0 {
			return errorf(opCreate, p.Name, ErrConflict, says.RestartRetries, p.Name)
		}
	case restartOnFailure:
		if p.MaximumRetryCount < 0 {
			return newError(opCreate, p.Name, ErrConflict, says.RestartNegative)
		}
	default:
		return errorf(opCreate, p.Name, ErrName, says.RestartPolicy, p.Name)
	}
	if s.HostConfig.AutoRemove && p.Name != restartNo {
		return newError(opCreate, p.Name, ErrConflict, says.RestartRemove)
	}
	return nil
}
