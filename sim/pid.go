package sim

import (
	"fmt"
	"iter"
	"strings"

	"drydock/sim/tools/command"
)

// Numbers of processes, as a host that runs for some time has them: not those of its daemons, and
// up to what 64-bit kernels count to.
const (
	firstPID = 2000
	lastPID  = 4 << 20
)

// newPID returns the number that the host has for the main process of a run: another one for each
// run, made from the ID so that other containers do not shift it. The caller holds life.
func (c *Container) newPID() int {
	c.starts++
	n := c.host.random.seedOf(fmt.Sprint("pid ", c.id, c.starts))
	return firstPID + int(n%(lastPID-firstPID))
}

// daemonProcess is that of dockerd, nil while it does not run: another one after each start.
func (h *Host) daemonProcess() *command.Process {
	run, last := h.daemonRun.run.Load(), h.daemonRun.last.Load()
	if run == nil || run.Err() != nil {
		return nil
	}
	const first = 300 // those of a system that has just started are below
	n := h.random.seedOf(fmt.Sprint("pid ", dockerd, h.daemonRun.starts.Load()))
	return command.NewProcess(first+int(n%(firstPID-first)), []string{"/usr/bin/" + dockerd, "-H", "fd://", "--containerd=/run/containerd/containerd.sock"}, last.time)
}

// dockerProcesses are those of dockerd and of all containers as the host sees them.
func (h *Host) dockerProcesses() iter.Seq[*command.Process] {
	return func(yield func(*command.Process) bool) {
		if p := h.daemonProcess(); p != nil && !yield(p) {
			return
		}
		for c := range h.Containers() {
			for p := range c.HostProcesses() {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// HostProcesses returns the processes of a container as its host sees them, none while it does not
// run: numbered from that of the main process on, which Inspect tells as State.Pid. The first
// is the shim of containerd that holds them; it has a number below, as it was there before.
func (c *Container) HostProcesses() iter.Seq[*command.Process] {
	r := c.running()
	if r == nil {
		return func(func(*command.Process) bool) {}
	}
	const shimBefore = 20
	shim := strings.Fields(fmt.Sprintf(c.host.says.Shim, c.id))
	return func(yield func(*command.Process) bool) {
		parent := r.pid - shimBefore
		if !yield(command.NewProcess(parent, shim, r.started)) {
			return
		}
		for _, p := range r.console.processes.List() {
			above := parent
			if p.Parent != 0 {
				above = r.hostPID(p.Parent)
			}
			if !yield(p.View(r.hostPID(p.PID), above, r.hostPID(p.Group))) {
				return
			}
		}
	}
}

// hostPID returns the number that the host has for a process of a run.
func (r *run) hostPID(pid int) int { return r.pid + pid - 1 }
