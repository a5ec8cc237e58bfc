package dockercli

import (
	"errors"
	"net"
	"strconv"
	"strings"

	"drydock/sim/dockerapi"
)

// parseCreate returns what is asked of the daemon. The order of the parts is docker's, as it
// decides which of several mistakes is told.
func (d *docker) parseCreate(flags *createFlags, args []string) (spec dockerapi.ContainerCreate, err error) {
	spec.Image = args[0]
	spec.Cmd = args[1:]
	spec.HostConfig.NetworkMode = "default"
	for _, part := range []func(*docker, *dockerapi.ContainerCreate) error{
		flags.setStreams, flags.setPorts, flags.setProcess, flags.setLife, flags.setNetwork,
	} {
		if err := part(d, &spec); err != nil {
			return spec, err
		}
	}
	return spec, nil
}

// setStreams sets what docker is attached to: what -a says, and otherwise standard output
// and error, and standard input with -i.
func (c *createFlags) setStreams(_ *docker, spec *dockerapi.ContainerCreate) error {
	if *c.mac != "" {
		if _, err := net.ParseMAC(strings.TrimSpace(*c.mac)); err != nil {
			return dockerError(*c.mac + " is not a valid mac address")
		}
	}
	if !c.of.since28 {
		spec.MacAddress = *c.mac
	}
	spec.Tty, spec.OpenStdin = *c.tty, *c.interactive
	for _, stream := range *c.attach {
		spec.AttachStdin = spec.AttachStdin || stream == "stdin"
		spec.AttachStdout = spec.AttachStdout || stream == "stdout"
		spec.AttachStderr = spec.AttachStderr || stream == "stderr"
	}
	spec.AttachStdin = spec.AttachStdin || *c.interactive
	if len(*c.attach) == 0 {
		spec.AttachStdout, spec.AttachStderr = true, true
	}
	spec.StdinOnce = spec.OpenStdin && spec.AttachStdin
	return nil
}

// setProcess sets what the container runs, and its labels.
func (c *createFlags) setProcess(d *docker, spec *dockerapi.ContainerCreate) (err error) {
	switch {
	case *c.entrypoint != "":
		spec.Entrypoint = dockerapi.Words{*c.entrypoint}
	case c.f.Changed("entrypoint"):
		spec.Entrypoint = dockerapi.Words{""} // none, not the image's
	}
	env, err := d.readEnv(*c.envFiles, *c.env)
	if err != nil {
		return err
	}
	spec.Env = onceEach(env)
	if spec.Labels, err = d.readLabels(*c.labelFiles, *c.labels); err != nil {
		return err
	}
	spec.User, spec.WorkingDir = *c.user, *c.dir
	h := &spec.HostConfig
	if c.of.since28 {
		h.BlkioDeviceReadBps, h.BlkioDeviceWriteBps, h.Ulimits = []any{}, []any{}, []any{}
		h.BlkioDeviceReadIOps, h.BlkioDeviceWriteIOps = []any{}, []any{}
	}
	h.Privileged, h.CapAdd, h.CapDrop = *c.privileged, *c.capAdd, *c.capDrop
	h.Sysctls = c.sysctls
	if c.f.Changed("init") {
		h.Init = c.init
	}
	return nil
}

// setLife sets how the container ends, and what follows.
func (c *createFlags) setLife(_ *docker, spec *dockerapi.ContainerCreate) (err error) {
	h := &spec.HostConfig
	if h.RestartPolicy, err = parseRestart(*c.restart); err != nil {
		return err
	}
	h.ContainerIDFile, h.AutoRemove = *c.idFile, *c.remove
	if h.AutoRemove && h.RestartPolicy.Name != "no" && h.RestartPolicy.Name != "" {
		return dockerError("Conflicting options: --restart and --rm")
	}
	if c.f.Changed("stop-signal") {
		spec.StopSignal = *c.stopSignal
	}
	if c.f.Changed("stop-timeout") {
		spec.StopTimeout = c.stopTimeout
	}
	return nil
}

// parseRestart parses --restart: "always", "on-failure:3". Which policies there are the
// daemon knows.
func parseRestart(s string) (p dockerapi.RestartPolicy, err error) {
	name, count, hasCount := strings.Cut(s, ":")
	if strings.Contains(count, ":") {
		return p, errors.New("invalid restart policy format")
	}
	p.Name = name
	if hasCount {
		if p.MaximumRetryCount, err = strconv.Atoi(count); err != nil {
			return p, errors.New("maximum retry count must be an integer")
		}
	}
	return p, nil
}
