// Package ports is the part of Docker's published ports that needs no network: what
// "-p" and "--expose" mean, which ports of the host containers get, in which order,
// and how "docker port" and "docker ps" print them. It binds nothing: who calls it
// listens and forwards.
//
// What it does is what Docker Engine 20.10.24 does, up to the letter of its
// messages; Requests and an Exclusive Allocator are as of release 28. Where Docker's order is that of a map, and so changes from run to run,
// this package has one order.
package ports

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Proto is a transport protocol. The zero Proto is TCP, as in Docker a port
// without a protocol is.
type Proto uint8

// The protocols that Docker publishes.
const (
	TCP Proto = iota
	UDP
	SCTP
)

var protoNames = [...]string{TCP: "tcp", UDP: "udp", SCTP: "sctp"}

func (p Proto) String() string {
	if int(p) < len(protoNames) {
		return protoNames[p]
	}
	return fmt.Sprintf("Proto(%d)", uint8(p))
}

// parseProto takes names in upper and lower case.
func parseProto(s string) (Proto, error) {
	for p, name := range protoNames {
		if strings.ToLower(s) == name {
			return Proto(p), nil
		}
	}
	return 0, fmt.Errorf("Invalid proto: %s", s)
}

// A Port is a port of a container. It is comparable.
type Port struct {
	Number uint16
	Proto  Proto
}

// String returns the port as Docker has it: "80/tcp".
func (p Port) String() string { return fmt.Sprintf("%d/%v", p.Number, p.Proto) }

// Compare orders ports by number, and those of one number TCP first.
func (p Port) Compare(q Port) int {
	return cmp.Or(cmp.Compare(p.Number, q.Number), cmp.Compare(p.Proto, q.Proto))
}

// ParseExposed returns the ports that an EXPOSE of an image or an "--expose" names:
// "80", "53/udp" or the range "8000-8010/udp". Its error is a *SpecError.
//
// Unlike Docker, which lets it pass, it refuses a protocol that there is not.
func ParseExposed(spec string) ([]Port, error) {
	if strings.Contains(spec, ":") {
		return nil, specError(spec, "invalid port format for --expose: %s", spec)
	}
	protoName, number := splitProto(spec)
	s, err := parseSpan(number)
	if err != nil {
		return nil, specError(spec, "invalid range format for --expose: %s, error: %s", spec, err)
	}
	proto, err := parseProto(protoName)
	if err != nil {
		return nil, specError(spec, "%s", err)
	}
	ports := make([]Port, 0, s.len())
	for n := range s.len() {
		ports = append(ports, Port{s.first + uint16(n), proto})
	}
	return ports, nil
}

// A SpecError is a port specification that cannot be understood.
type SpecError struct {
	Spec    string // as it was given
	message string
}

// Error returns Docker's message.
func (e *SpecError) Error() string { return e.message }

func specError(spec, format string, args ...any) *SpecError {
	return &SpecError{spec, fmt.Sprintf(format, args...)}
}

// splitProto divides "80/udp". What follows a second slash counts as little as in
// Docker, and a protocol without a number is nothing.
func splitProto(s string) (proto, number string) {
	number, rest, _ := strings.Cut(s, "/")
	if number == "" {
		return "", ""
	}
	proto, _, _ = strings.Cut(rest, "/")
	return cmp.Or(proto, "tcp"), number
}

// A span is a range of ports, both ends included. The zero span, for a port of the
// host, is any port.
type span struct{ first, last uint16 }

func (s span) len() int { return int(s.last) - int(s.first) + 1 }

func (s span) String() string {
	if s.first == s.last {
		return strconv.Itoa(int(s.first))
	}
	return fmt.Sprintf("%d-%d", s.first, s.last)
}

// parseSpan parses "80" and "80-90". As in Docker what follows a second hyphen does
// not count.
func parseSpan(s string) (span, error) {
	if s == "" {
		return span{}, errors.New("Empty string specified for ports.")
	}
	low, high, isRange := strings.Cut(s, "-")
	first, err := strconv.ParseUint(low, 10, 16)
	if err != nil {
		return span{}, err
	}
	if !isRange {
		return span{uint16(first), uint16(first)}, nil
	}
	high, _, _ = strings.Cut(high, "-")
	last, err := strconv.ParseUint(high, 10, 16)
	if err != nil {
		return span{}, err
	}
	if last < first {
		return span{}, fmt.Errorf("Invalid range specified for the Port: %s", s)
	}
	return span{uint16(first), uint16(last)}, nil
}
