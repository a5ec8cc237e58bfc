package inet

import (
	"strconv"
	"strings"

	"drydock/sim/tools/command"
)

// A Service is a line of /etc/services.
type Service struct {
	Name     string
	Port     uint16
	Protocol string // "tcp", "udp"
	Aliases  []string
}

// Services are those of /etc/services, in its order.
type Services []Service

// ReadServices reads /etc/services of a call. Without the file there are none, and programs
// print numbers.
func ReadServices(c *command.Call) (list Services) {
	text, _ := c.ReadFile("/etc/services")
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		number, protocol, _ := strings.Cut(fields[1], "/")
		if port, err := strconv.ParseUint(number, 10, 16); err == nil {
			list = append(list, Service{fields[0], uint16(port), protocol, fields[2:]})
		}
	}
	return list
}

// Find returns the service with a name or alias. A protocol of "" is any.
func (list Services) Find(name, protocol string) (s Service, ok bool) {
	for _, s := range list {
		if protocol != "" && s.Protocol != protocol {
			continue
		}
		for _, n := range append([]string{s.Name}, s.Aliases...) {
			if n == name {
				return s, true
			}
		}
	}
	return s, false
}

// At returns the service of a port.
func (list Services) At(port uint16, protocol string) (s Service, ok bool) {
	for _, s := range list {
		if s.Port == port && (protocol == "" || s.Protocol == protocol) {
			return s, true
		}
	}
	return s, false
}
