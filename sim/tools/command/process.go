package command

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// Processes are the commands that run on a machine: its process table, a PID namespace.
// The zero Processes is empty and gives the PIDs 1, 2, 3 and so on. It is safe for
// concurrent use.
type Processes struct {
	mu   sync.Mutex
	last int              // +checklocks:mu
	list map[int]*Process // +checklocks:mu
	// How many of them are no commands.
	resident int // +checklocks:mu
}

// A Process is a command while it runs, as others see it.
type Process struct {
	PID     int
	Parent  int
	Group   int // its process group: what a terminal's ^C reaches
	Args    []string
	Started time.Time

	table  *Processes
	cancel context.CancelCauseFunc

	mu sync.Mutex
	// It catches no signals.
	uncaught bool                   // +checklocks:mu
	caught   map[Signal]chan Signal // +checklocks:mu
	program  []string               // since Exec, +checklocks:mu
}

// Init makes process 1 of what is no command but runs as long as the machine does. It
// cannot be signalled.
func (t *Processes) Init(args []string) { t.Add(args) }

// Add makes a process of what is no command, a daemon that the machine has by itself. It
// cannot be signalled, and is there until remove is called.
func (t *Processes) Add(args []string) (p *Process, remove func()) {
	p = &Process{Args: slices.Clone(args), Started: time.Now(), table: t, cancel: func(error) {}}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.resident++
	t.addLocked(p)
	return p, sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.resident--
		delete(t.list, p.PID)
	})
}

// +checklocks:t.mu
func (t *Processes) addLocked(p *Process) {
	t.last++
	p.PID = t.last
	if p.Group == 0 {
		p.Group = p.PID
	}
	if t.list == nil {
		t.list = make(map[int]*Process)
	}
	t.list[p.PID] = p
}

// List returns the processes by PID.
func (t *Processes) List() []*Process {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.SortedFunc(maps.Values(t.list), func(a, b *Process) int { return a.PID - b.PID })
}

// full tells whether there are too many of them.
func (t *Processes) full() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.list)-t.resident > maxProcesses
}

// Find returns the process with that PID, nil if there is none.
func (t *Processes) Find(pid int) *Process {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.list[pid]
}

// SignalGroup sends a signal to all processes of a group, as a terminal does.
func (t *Processes) SignalGroup(group int, s Signal) {
	for _, p := range t.List() {
		if p.Group == group {
			p.Signal(s)
		}
	}
}

// start makes the process of a call. The context that it returns ends with it.
func (t *Processes) start(ctx context.Context, c *Call) (context.Context, *Process) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &Process{Args: slices.Clone(c.Args), Started: time.Now(), table: t, cancel: cancel}
	if parent := c.process; parent != nil {
		p.Parent = parent.PID
		if !c.NewGroup {
			p.Group = parent.Group
		}
	}
	if c.Group != 0 {
		p.Group = c.Group
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.addLocked(p)
	return ctx, p
}

// end takes the process out of its table.
func (p *Process) end() {
	p.cancel(nil)
	p.table.mu.Lock()
	defer p.table.mu.Unlock()
	delete(p.table.list, p.PID)
}

// Signal sends the process a signal. It goes to the channel of Call.Notify if the process
// has asked for it there; otherwise it ends the context of the process, and with it that
// of what the process has started, or does nothing, as signal(7) has it. A process with
// PID 1 is not ended by signals that it does not catch, but for SIGKILL: see Uncaught.
func (p *Process) Signal(s Signal) {
	p.mu.Lock()
	c, caught := p.caught[s]
	immune := p.uncaught && p.PID == 1
	p.mu.Unlock()
	switch {
	case s == SIGKILL:
		p.cancel(s)
	case caught:
		select {
		case c <- s:
		default: // signals do not queue up
		}
	case s.Ends() && !immune:
		p.cancel(s)
	}
}

// Process returns the process of the call, nil before Table.Run.
func (c *Call) Process() *Process { return c.process }

// Processes returns the processes of the machine.
func (c *Call) Processes() *Processes { return c.process.table }

// Notify returns a channel to which these signals then go, instead of ending the context of
// the command, as signal.Notify does. SIGKILL cannot be caught. It has room for one of
// each.
func (c *Call) Notify(signals ...Signal) <-chan Signal {
	ch := make(chan Signal, len(signals))
	p := c.process
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.caught == nil {
		p.caught = make(map[Signal]chan Signal)
	}
	for _, s := range signals {
		p.caught[s] = ch
	}
	return ch
}

// Uncaught returns f for a program that catches no signals, as sleep and sh: run as process
// 1 of a container, it does not notice any but SIGKILL, nor those for which it has asked by
// Notify. A Func that is not Uncaught is taken to catch all of them by the end of its
// context.
func Uncaught(f Func) Func {
	return func(ctx context.Context, c *Call) int {
		c.process.mu.Lock()
		c.process.uncaught = true
		c.process.mu.Unlock()
		return f(ctx, c)
	}
}
