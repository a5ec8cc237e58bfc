package sim

import (
	"cmp"
	"maps"
	"path"
	"slices"

	"drydock/sim/dockerapi"
	"drydock/sim/tools/command"
)

// setAsked notes what is told as it was asked for. It keeps nothing of the spec's.
func (c *containerConfig) setAsked(s *containerSpec) error {
	if err := checkEmulated(&s.ContainerCreate, s.host.engine.MaskedPaths()); err != nil {
		return err
	}
	if s.host.engine.SeveralNetworks() { // since 28
		if err := checkInterfaceSysctls(s.HostConfig.Sysctls); err != nil {
			return err
		}
	}
	if err := s.host.checkSysctls(s.HostConfig.Sysctls, s.HostConfig.NetworkMode); err != nil {
		return err
	}
	says := s.host.says
	if dir := s.WorkingDir; dir != "" && !path.IsAbs(dir) {
		return errorf(opCreate, dir, ErrName, says.WorkingDir, dir)
	}
	if sig := s.StopSignal; sig != "" {
		if _, ok := command.ParseSignal(sig); !ok {
			return errorf(opCreate, sig, ErrName, says.Signal, sig)
		}
	}
	c.asked = toldConfig(&s.Config)
	c.askedHost = toldHostConfig(&s.HostConfig, s.host.engine.MaskedPaths())
	return nil
}

// toldConfig returns what is told of a Config as it was asked for.
func toldConfig(s *dockerapi.Config) dockerapi.Config {
	c := dockerapi.Config{
		Hostname: s.Hostname, Domainname: s.Domainname, User: s.User,
		AttachStdin: s.AttachStdin, AttachStdout: s.AttachStdout, AttachStderr: s.AttachStderr,
		Tty: s.Tty, OpenStdin: s.OpenStdin, StdinOnce: s.StdinOnce,
		Image: s.Image, WorkingDir: s.WorkingDir, Labels: cloneMap(s.Labels), StopSignal: s.StopSignal,
	}
	if s.StopTimeout != nil {
		timeout := *s.StopTimeout
		c.StopTimeout = &timeout
	}
	return c
}

// toldHostConfig returns what dockerd would tell of a HostConfig, on a system with cgroups of
// version 1: what was asked for, and its defaults. Masked are the files that its release hides.
func toldHostConfig(s *dockerapi.HostConfig, masked []string) dockerapi.HostConfig {
	oomKillDisable := false
	c := dockerapi.HostConfig{
		ContainerIDFile: s.ContainerIDFile, ConsoleSize: s.ConsoleSize,
		LogConfig:     dockerapi.LogConfig{Type: defaultLogDriver, Config: cloneMap(s.LogConfig.Config)},
		RestartPolicy: s.RestartPolicy, AutoRemove: s.AutoRemove,
		CapAdd: slices.Clone(s.CapAdd), CapDrop: slices.Clone(s.CapDrop), Privileged: s.Privileged, Sysctls: maps.Clone(s.Sysctls),
		CgroupnsMode: "host", IpcMode: "private", Runtime: "runc", ShmSize: 64 << 20,
		Resources: dockerapi.Resources{
			BlkioWeightDevice: []any{}, Devices: []any{}, OomKillDisable: &oomKillDisable,
			// Empty or nil, as they were asked for.
			BlkioDeviceReadBps: slices.Clone(s.BlkioDeviceReadBps), BlkioDeviceWriteBps: slices.Clone(s.BlkioDeviceWriteBps),
			BlkioDeviceReadIOps: slices.Clone(s.BlkioDeviceReadIOps), BlkioDeviceWriteIOps: slices.Clone(s.BlkioDeviceWriteIOps), Ulimits: slices.Clone(s.Ulimits),
		},
	}
	c.RestartPolicy.Name = cmp.Or(c.RestartPolicy.Name, "no")
	if !c.Privileged {
		c.MaskedPaths = masked
		c.ReadonlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
	}
	return c
}

// defaultLogDriver is what dockerd writes logs with.
const defaultLogDriver = "json-file"
