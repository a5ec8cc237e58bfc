package sim_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
)

// TestZeroArguments calls all methods with zero arguments, nil among them, of objects in use and of
// zero values. What comes of it is an answer, an error or a panic, as with package net; nothing
// hangs, also not what is closed afterwards.
func TestZeroArguments(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it makes a host for each method")
	}
	type objects map[string]any
	made := func(h *sim.Host) objects {
		bridge, _ := h.Network("bridge")
		c, err := h.Run("c1")
		if err != nil {
			t.Fatal(err)
		}
		return objects{"Host": h, "Network": bridge, "Container": c, "Link": c.Link(bridge), "Exec": c.Exec(t.Context(), "true")}
	}
	zero := func(*sim.Host) objects {
		return objects{"Host": new(sim.Host), "Machine": new(sim.Machine), "Network": new(sim.Network), "Container": new(sim.Container), "Link": new(sim.Link),
			"LAN": new(sim.LAN), "Netns": new(sim.Netns), "Dialer": new(sim.Dialer)}
	}
	for kind, make := range map[string]func(*sim.Host) objects{"made": made, "zero": zero} {
		for name, object := range make(simtest.NewHost(t)) {
			for i := range reflect.TypeOf(object).NumMethod() {
				method := reflect.TypeOf(object).Method(i).Name
				h, err := sim.NewHost()
				if err != nil {
					t.Fatal(err)
				}
				done := within(func() { callZero(reflect.ValueOf(make(h)[name]).MethodByName(method)) })
				if !done {
					t.Errorf("%s %s.%s hangs", kind, name, method)
				}
				if !within(func() { h.Close() }) {
					t.Errorf("after %s %s.%s Close hangs", kind, name, method)
				}
			}
		}
	}
}

// within reports whether a function that may panic is over in time.
func within(f func()) bool {
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		f()
	}()
	select {
	case <-done:
		return true
	case <-time.After(10 * time.Second):
		return false
	}
}

// callZero calls a method with as many zero arguments as it must have.
func callZero(method reflect.Value) {
	var args []reflect.Value
	for i := range method.Type().NumIn() {
		if method.Type().IsVariadic() && i == method.Type().NumIn()-1 {
			break
		}
		args = append(args, reflect.Zero(method.Type().In(i)))
	}
	_ = fmt.Sprint(method.Call(args))
}
