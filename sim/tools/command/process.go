package command

import (
	"context"
	"iter"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Processes are the commands that run on a machine: its process table, a PID namespace.
// The zero Processes is empty and gives the PIDs 1, 2, 3 and so on. It is safe for
// concurrent use.
type Processes struct {
	mu   sync.Mutex
	seed uint64           // +checklocks:mu
	last int              // +checklocks:mu
	list map[int]*Process // +checklocks:mu
	// How many of them are no commands.
	resident int                       // +checklocks:mu
	others   func() iter.Seq[*Process] // of Include, +checklocks:mu
	// Closed when one starts, ends, stops or goes on; nil while nobody waits for that.
	changed chan struct{} // +checklocks:mu
}

// A Process is a command while it runs, as others see it.
type Process struct {
	PID     int
	Parent  int
	Group   int // its process group: what a terminal's ^C reaches
	User    User
	Args    []string
	Started time.Time

	seen     *Process // of which this is a View, which has none of what follows; nil: it is none
	table    *Processes
	seed     uint64          // of Random
	ctx      context.Context // of the command
	cancel   context.CancelCauseFunc
	terminal Terminal // that controls it; nil: none
	tty      int      // the number of that, from 0
	alone    bool     // nobody controls its group as a job: a terminal does not stop it
	stop     atomic.Pointer[stop]

	mu sync.Mutex
	// It catches no signals.
	uncaught bool                   // +checklocks:mu
	caught   map[Signal]chan Signal // +checklocks:mu
	program  []string               // since Exec, +checklocks:mu
	title    string                 // of SetTitle, +checklocks:mu
	exits    map[any]func()         // of AtExit, +checklocks:mu
	running  context.Context        // until it stops; nil: nobody asked, +checklocks:mu
	halt     context.CancelFunc     // of running, +checklocks:mu
	random   *rand.Rand             // nil until Random, +checklocks:mu
}

// Seed has the random numbers of all processes that are made later depend on a seed.
func (t *Processes) Seed(seed uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seed = seed
}

// Rand returns a new generator of random numbers. They depend on the seed of the table, the PID and
// when the process started, so that in virtual time a program draws the same ones each time.
func (p *Process) Rand() *rand.Rand {
	return rand.New(rand.NewPCG(p.seed+uint64(p.PID), uint64(p.Started.UnixNano())))
}

// Random returns the next number of a Rand that the process has, 0 if p is nil.
func (p *Process) Random() uint64 {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.random == nil {
		p.random = p.Rand()
	}
	return p.random.Uint64()
}

// Init makes process 1 of what is no command but runs as long as the machine does. It
// cannot be signalled.
func (t *Processes) Init(args []string) { t.Add(args) }

// Add makes a process of what is no command, a daemon that the machine has by itself. It
// cannot be signalled, and is there until remove is called.
func (t *Processes) Add(args []string) (p *Process, remove func()) {
	p = &Process{Args: slices.Clone(args), Started: time.Now(), table: t, alone: true, cancel: func(error) {}}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.resident++
	t.addLocked(p)
	return p, sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.resident--
		delete(t.list, p.PID)
		t.changeLocked()
	})
}

// +checklocks:t.mu
func (t *Processes) addLocked(p *Process) {
	t.last++
	p.seed, p.PID = t.seed, t.last
	if p.Group == 0 {
		p.Group = p.PID
	}
	if t.list == nil {
		t.list = make(map[int]*Process)
	}
	t.list[p.PID] = p
	t.changeLocked()
}

// List returns the processes by PID, with those of Include.
func (t *Processes) List() []*Process {
	t.mu.Lock()
	list := slices.Collect(maps.Values(t.list))
	others := t.others
	t.mu.Unlock()
	if others != nil {
		list = slices.AppendSeq(list, others())
	}
	slices.SortFunc(list, func(a, b *Process) int { return a.PID - b.PID })
	return list
}

// Named returns the PID of the first process of a program, 0 if there is none.
func (t *Processes) Named(program string) int {
	for _, p := range t.List() {
		if len(p.Args) > 0 && path.Base(p.Args[0]) == program {
			return p.PID
		}
	}
	return 0
}

// Include has List show processes of other tables as well, as the PID namespace of a host has those
// of its containers. They are made by View at each call.
func (t *Processes) Include(others func() iter.Seq[*Process]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.others = others
}

// NewProcess returns a process of a machine's own for Include. It cannot be signalled.
func NewProcess(pid int, args []string, started time.Time) *Process {
	return &Process{PID: pid, Parent: 1, Group: pid, Args: args, Started: started, table: new(Processes), alone: true, cancel: func(error) {}}
}

// View returns the process as another PID namespace has it, with these numbers. What is done to
// it is done to p, as from outside of p's own.
func (p *Process) View(pid, parent, group int) *Process {
	return &Process{PID: pid, Parent: parent, Group: group, User: p.User, Args: p.Args, Started: p.Started, table: p.table, seen: p}
}

// self returns the process itself.
func (p *Process) self() *Process {
	if p.seen != nil {
		return p.seen
	}
	return p
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

// start makes the process of a call.
func (t *Processes) start(ctx context.Context, c *Call) *Process {
	p := &Process{User: c.User, Args: slices.Clone(c.Args), Started: time.Now(), table: t, terminal: c.terminal()}
	p.ctx, p.cancel = context.WithCancelCause(context.WithValue(ctx, processKey{}, p))
	p.Group = c.Group
	if parent := c.process; parent != nil {
		p.Parent = parent.PID
		if p.Group == 0 && !c.NewGroup {
			p.Group = parent.Group
		}
		if p.terminal == nil {
			p.terminal = parent.terminal
		}
		p.alone = p.Group == parent.Group && (parent.alone || parent.catches(SIGTSTP))
	} else {
		p.alone = true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.numberLocked(p)
	t.addLocked(p)
	return p
}

// numberLocked gives the terminal of a process its number: that which it has, or one that is
// free.
//
// +checklocks:t.mu
func (t *Processes) numberLocked(p *Process) {
	if p.terminal == nil {
		return
	}
	taken := make(map[int]bool)
	for _, other := range t.list {
		switch {
		case other.terminal == nil:
		case other.terminal == p.terminal:
			p.tty = other.tty
			return
		default:
			taken[other.tty] = true
		}
	}
	for taken[p.tty] {
		p.tty++
	}
}

// AtExit has f called when the process has ended and before others see that: it frees what a
// machine has for the process. One function of each key counts.
func (p *Process) AtExit(key any, f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.exits == nil {
		p.exits = make(map[any]func())
	}
	p.exits[key] = f
}

// end takes the process out of its table.
func (p *Process) end() {
	p.cancel(nil)
	p.mu.Lock()
	exits := p.exits
	p.mu.Unlock()
	for _, f := range exits {
		f()
	}
	p.table.mu.Lock()
	defer p.table.mu.Unlock()
	delete(p.table.list, p.PID)
	p.table.changeLocked()
}

// Process returns the process of the call, nil before Table.Run.
func (c *Call) Process() *Process { return c.process }

type processKey struct{}

// ProcessOf returns the process whose context ctx is or comes from, nil if there is none. A
// machine so knows for whom it opens a socket.
func ProcessOf(ctx context.Context) *Process {
	p, _ := ctx.Value(processKey{}).(*Process)
	return p
}

// Processes returns the table that the process is in.
func (p *Process) Processes() *Processes { return p.table }

// Processes returns the processes of the machine.
func (c *Call) Processes() *Processes { return c.process.table }

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
