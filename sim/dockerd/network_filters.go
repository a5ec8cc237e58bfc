package dockerd

import (
	"fmt"
	"slices"

	"drydock/sim/dockerapi"
)

// isPredefined reports whether a network is one that every host has.
func isPredefined(name string) bool {
	return name == "bridge" || name == "host" || name == "none"
}

// networks returns those of a list that the filters let through.
func (f filters) networks(list []dockerapi.Network) ([]dockerapi.Network, error) {
	list = slices.DeleteFunc(list, func(n dockerapi.Network) bool {
		return !f.exact("driver", n.Driver) || !f.match("name", n.Name) || !f.match("id", n.ID) ||
			!f.pairs("label", n.Labels) || !f.exact("scope", n.Scope)
	})
	dangling, given, err := f.truth("dangling")
	if err != nil {
		return nil, err
	}
	if given {
		list = slices.DeleteFunc(list, func(n dockerapi.Network) bool {
			unused := !isPredefined(n.Name) && len(n.Containers) == 0
			return unused != dangling
		})
	}
	if !f.has("type") {
		return list, nil
	}
	// Of several types a network is listed once for each that it is of.
	typed := []dockerapi.Network{}
	for _, kind := range f.values("type") {
		if kind != "builtin" && kind != "custom" {
			return nil, fmt.Errorf("invalid filter: 'type'='%s'", kind)
		}
		for _, n := range list {
			if isPredefined(n.Name) == (kind == "builtin") {
				typed = append(typed, n)
			}
		}
	}
	return typed, nil
}
