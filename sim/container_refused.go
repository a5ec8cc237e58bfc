package sim

import (
	"errors"
	"reflect"
	"slices"

	"drydock/sim/dockerapi"
)

// emulated are the fields of dockerapi.Config and dockerapi.HostConfig that mean something
// here, or of which dockerapi says that they are told alone.
var emulated = []string{
	"Hostname", "Domainname", "User", "AttachStdin", "AttachStdout", "AttachStderr", "ExposedPorts", "Tty", "OpenStdin",
	"StdinOnce", "Env", "Cmd", "Image", "WorkingDir", "Entrypoint", "Labels", "StopSignal", "StopTimeout", "MacAddress",

	"ContainerIDFile", "LogConfig", "NetworkMode", "PortBindings", "RestartPolicy", "AutoRemove", "CapAdd", "CapDrop", "DNS",
	"DNSOptions", "DNSSearch", "ExtraHosts", "Links", "Privileged", "PublishAllPorts", "ConsoleSize", "Sysctls",
}

// What may be refused.
var (
	refusedConfig     = refusable(reflect.TypeFor[dockerapi.Config]())
	refusedHostConfig = refusable(reflect.TypeFor[dockerapi.HostConfig]())
)

// refusable returns the fields of a struct, with those of structs that it embeds, that are not
// emulated.
func refusable(t reflect.Type) []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool {
		return f.Anonymous || slices.Contains(emulated, f.Name)
	})
}

// checkEmulated refuses what means something to Docker and nothing here. Clients send all
// fields: those that ask for nothing, or for what dockerd would do anyway, are no matter.
func checkEmulated(s *dockerapi.ContainerCreate, masked []string) error {
	if h := s.Healthcheck; h != nil && !slices.Equal(h.Test, []string{"NONE"}) {
		return errNotEmulated("Healthcheck")
	}
	if d := s.HostConfig.LogConfig.Type; d != "" && d != defaultLogDriver {
		return errNotEmulated("LogConfig " + d)
	}
	rest := s.Config
	rest.Healthcheck = nil
	if name := firstSet(&rest, func() any { return &dockerapi.Config{} }, refusedConfig); name != "" {
		return errNotEmulated(name)
	}
	told := func() any {
		c := toldHostConfig(&dockerapi.HostConfig{}, masked)
		return &c
	}
	if name := firstSet(&s.HostConfig, told, refusedHostConfig); name != "" {
		return errNotEmulated(name)
	}
	return nil
}

// firstSet returns the first of some fields of a struct that asks for something else than the
// defaults, which are asked for only if one asks for anything. It is given pointers.
func firstSet(of any, defaults func() any, fields []reflect.StructField) string {
	v := reflect.ValueOf(of).Elem()
	for _, f := range fields {
		value := v.FieldByIndex(f.Index)
		if asksNothing(value) {
			continue
		}
		standard := reflect.ValueOf(defaults()).Elem().FieldByIndex(f.Index)
		if !reflect.DeepEqual(value.Interface(), standard.Interface()) {
			return f.Name
		}
	}
	return ""
}

// asksNothing reports whether a field is zero, as empty lists and pointers to zero are. Clients
// send -1 for a MemorySwappiness that is not set, and may for limits.
func asksNothing(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Pointer:
		return v.IsNil() || asksNothing(v.Elem())
	case reflect.Int64:
		return v.Int() == 0 || v.Int() == -1
	}
	return v.IsZero()
}

func errNotEmulated(option string) error {
	return errorf(opCreate, option, errors.ErrUnsupported, "option %s is not emulated", option)
}
