package dockercli

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/apitext"
	"drydock/sim/internal/ports"
)

// setPorts sets the ports that are published and exposed.
func (c *createFlags) setPorts(_ *docker, spec *dockerapi.ContainerCreate) error {
	spec.ExposedPorts = make(map[string]struct{})
	spec.HostConfig.PortBindings = make(map[string][]dockerapi.PortBinding)
	for _, p := range *c.publish {
		short, err := shortPublish(p)
		if err != nil {
			return err
		}
		list, err := ports.Parse(short)
		if err != nil {
			return c.of.portError(err)
		}
		for _, pub := range list {
			port := pub.Port.String()
			spec.ExposedPorts[port] = struct{}{}
			spec.HostConfig.PortBindings[port] = append(spec.HostConfig.PortBindings[port], portBinding(pub))
		}
	}
	spec.HostConfig.PublishAllPorts = *c.publishAll
	for _, e := range *c.expose {
		if err := exposePorts(spec.ExposedPorts, e); err != nil {
			return err
		}
	}
	return nil
}

// portBinding returns where on the host a port is asked to be.
func portBinding(p ports.Publication) (b dockerapi.PortBinding) {
	if p.Addr.IsValid() {
		b.HostIP = p.Addr.String()
	}
	if p.First != 0 || p.Last != 0 {
		b.HostPort = strconv.Itoa(int(p.First))
		if p.Last != p.First {
			b.HostPort += "-" + strconv.Itoa(int(p.Last))
		}
	}
	return b
}

// shortPublish returns the short form of published=8080,target=80,protocol=tcp.
func shortPublish(s string) (string, error) {
	if !strings.Contains(s, "=") {
		return s, nil
	}
	fields := map[string]string{"protocol": "tcp"}
	for field := range strings.SplitSeq(s, ",") {
		parts := strings.Split(field, "=")
		if len(parts) < 2 {
			return "", fmt.Errorf("invalid publish opts format (should be name=value but got '%s')", field)
		}
		fields[parts[0]] = parts[1]
	}
	return fields["published"] + ":" + fields["target"] + "/" + fields["protocol"], nil
}

// exposePorts adds the ports of one --expose to all.
func exposePorts(all map[string]struct{}, e string) error {
	if strings.Contains(e, ":") {
		return dockerError("invalid port format for --expose: " + e)
	}
	numbers, protocol, _ := strings.Cut(e, "/")
	first, last, err := apitext.PortRange(numbers)
	if err != nil {
		return dockerError("invalid range format for --expose: " + e + ", error: " + err.Error())
	}
	for p := first; p <= last; p++ {
		all[fmt.Sprintf("%d/%s", p, cmp.Or(protocol, "tcp"))] = struct{}{}
	}
	return nil
}
