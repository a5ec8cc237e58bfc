package sim

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"drydock/nat"
	"drydock/sim/dockerapi"
)

// checkSysctls refuses what is not one of the network's, and what is and cannot be changed here.
// runc finds out what is not there.
func (h *Host) checkSysctls(asked map[string]string, mode string) error {
	for _, key := range slices.Sorted(maps.Keys(asked)) {
		switch {
		case !strings.HasPrefix(key, "net."):
			return errNotEmulated("Sysctls " + key)
		case mode == hostNetwork:
			return errorf(opCreate, key, ErrConflict, "sysctl %q not allowed in host network namespace", key)
		case !settable(key) && isSetting(key) && !h.hasSetting(key, asked[key]):
			return errNotEmulated("Sysctls " + key)
		}
	}
	return nil
}

// hasSetting reports whether a new namespace of a container has a value of a setting that cannot be set.
func (h *Host) hasSetting(key, value string) bool {
	s := newSettings(&namespace{stack: h.own.stack, anyPort: h.engine.AnyPort(), enable: func() *nat.Tables { return nil }})
	return s.set(key, value) == nil
}

var interfaceSysctl = regexp.MustCompile(`^net\.[^.]+\.[^.]+\.eth\d+\.`)

// checkInterfaceSysctls refuses what is to be asked for of a network.
func checkInterfaceSysctls(asked map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(asked)) {
		if interfaceSysctl.MatchString(key) {
			return errorf(opCreate, key, ErrConflict, "interface specific sysctl setting %q must be supplied using driver option '%s'", key, dockerapi.OptionSysctls)
		}
	}
	return nil
}

// setSysctls sets what was asked for in the container's new namespace.
func (c *Container) setSysctls(ns *namespace) error {
	asked := c.config.askedHost.Sysctls
	ns.settings.making.Store(true)
	defer ns.settings.making.Store(false)
	for _, key := range slices.Sorted(maps.Keys(asked)) {
		err := ns.settings.set(key, asked[key])
		if err == nil {
			continue
		}
		file := "/proc/sys/" + strings.ReplaceAll(key, ".", "/")
		text := "open " + file + ": no such file or directory"
		if errors.Is(err, ErrAddress) {
			text = "write " + file + ": invalid argument"
		}
		return errorf("start container", c.Name(), errors.Unwrap(err), c.host.says.InitFailed, text)
	}
	return nil
}

// isSetting reports whether there is a key somewhere, for some interface if it is of one.
func isSetting(key string) bool {
	return slices.ContainsFunc(settingsTable, func(c setting) bool { return c.matches(key) })
}
