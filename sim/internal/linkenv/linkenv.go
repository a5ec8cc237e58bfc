// Package linkenv makes the environment variables by which --link tells a container
// about another one, as Docker Engine does.
package linkenv

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim/internal/ports"
)

// A Link is what a container is told of another one.
type Link struct {
	Client string       // the name of the container that is told
	Alias  string       // what is behind its last slash begins the variables
	Addr   netip.Addr   // of the other one
	Ports  []ports.Port // that it exposes, in any order
	Env    []string     // of its image and its own, "K=V"
}

// newVars returns a link's variables, of which there are none yet.
func (l Link) newVars() *vars {
	prefix := l.Alias[strings.LastIndexByte(l.Alias, '/')+1:]
	return &vars{prefix: strings.ToUpper(strings.ReplaceAll(prefix, "-", "_")), addr: l.Addr, has: make(map[string]bool)}
}

// Vars returns the variables, "K=V", in the order of Docker 20.10.
func (l Link) Vars() []string {
	v := l.newVars()
	list := slices.Clone(l.Ports)
	slices.SortFunc(list, ports.Port.Compare)
	if len(list) > 0 {
		v.set("_PORT", v.url(list[0]))
	}
	for i := 0; i < len(list); i++ {
		if j := contiguous(list, i); j > i+1 {
			v.addRange(list[i], list[j])
			i = j
		}
	}
	for _, p := range list {
		v.addPort(p)
	}
	return v.end(l)
}

// VarsSince28 returns the variables, "K=V", in the order of Docker 28 and 29: those of TCP's ports first,
// and the ends of a range, which is of one protocol, behind its last port.
func (l Link) VarsSince28() []string {
	v := l.newVars()
	list := slices.SortedFunc(slices.Values(l.Ports), func(a, b ports.Port) int {
		return cmp.Or(compareProtos(a.Proto, b.Proto), cmp.Compare(a.Number, b.Number))
	})
	var first, last ports.Port // of the range
	for i, p := range list {
		if i == 0 {
			first, last = p, p
			v.set("_PORT", v.url(p))
		}
		v.addPort(p)
		if p.Number == last.Number+1 && p.Proto == first.Proto {
			last = p
			if i < len(list)-1 {
				continue
			}
		}
		if last != first {
			key := portKey(first, first.Proto)
			v.set(key+"_START", v.url(first))
			v.set(key+"_PORT_START", fmt.Sprint(first.Number))
			v.set(key+"_END", v.url(last))
			v.set(key+"_PORT_END", fmt.Sprint(last.Number))
		}
		first, last = p, p
	}
	return v.end(l)
}

// compareProtos orders TCP before the others, and those by name.
func compareProtos(a, b ports.Proto) int {
	name := func(p ports.Proto) string { return strings.TrimPrefix(p.String(), "tcp") }
	return strings.Compare(name(a), name(b))
}

// addPort adds the variables of a port.
func (v *vars) addPort(p ports.Port) {
	key := portKey(p, p.Proto)
	v.set(key, v.url(p))
	v.set(key+"_ADDR", v.addr.String())
	v.set(key+"_PORT", fmt.Sprint(p.Number))
	v.set(key+"_PROTO", p.Proto.String())
}

// end adds the variables behind those of ports, and returns all.
func (v *vars) end(l Link) []string {
	v.set("_NAME", "/"+l.Client+"/"+l.Alias)
	for _, e := range l.Env {
		if k, value, ok := strings.Cut(e, "="); ok && k != "HOME" && k != "PATH" {
			v.set("_ENV_"+k, value)
		}
	}
	return v.list
}

// contiguous returns the last of the ports from i on that have successive numbers. Like
// Docker it counts ports, not numbers, so that two protocols of one number prolong a
// range.
func contiguous(list []ports.Port, i int) int {
	value := int(list[i].Number)
	for k := i + 1; k < len(list); k++ {
		if int(list[k].Number) > value+1 {
			return k - 1
		}
		value++
	}
	return len(list) - 1
}

// vars are the variables of one link. One that is set again keeps its first value.
type vars struct {
	prefix string
	addr   netip.Addr
	list   []string
	has    map[string]bool
}

func (v *vars) set(key, value string) {
	if key = v.prefix + key; !v.has[key] {
		v.has[key] = true
		v.list = append(v.list, key+"="+value)
	}
}

func (v *vars) addRange(first, last ports.Port) {
	start, end := portKey(first, first.Proto), portKey(first, last.Proto)
	v.set(start+"_START", v.url(first))
	v.set(start+"_ADDR", v.addr.String())
	v.set(start+"_PROTO", first.Proto.String())
	v.set(start+"_PORT_START", fmt.Sprint(first.Number))
	v.set(end+"_END", v.url(last))
	v.set(end+"_PORT_END", fmt.Sprint(last.Number))
}

func (v *vars) url(p ports.Port) string {
	return fmt.Sprintf("%v://%v:%d", p.Proto, v.addr, p.Number)
}

func portKey(p ports.Port, proto ports.Proto) string {
	return fmt.Sprintf("_PORT_%d_%s", p.Number, strings.ToUpper(proto.String()))
}
