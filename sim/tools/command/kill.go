package command

// Signal sends the process a signal, as from outside of its PID namespace. It goes to the
// channel of Call.Notify if the process has asked for it there. Otherwise it does what signal(7)
// has: it ends the context of the process, and with it that of what the process has started,
// stops it, lets it go on, or does nothing.
//
// A process with PID 1 is not ended by signals that it does not catch, but for SIGKILL: see
// Uncaught. A process that is stopped notices no signals but SIGKILL before it goes on.
func (p *Process) Signal(s Signal) {
	p = p.self()
	switch {
	case s == SIGKILL:
		p.cancel(s)
	case s == SIGCONT:
		p.resume()
		p.act(s)
	case s == SIGSTOP, s.Stops() && !p.catches(s) && !p.alone && p.PID != 1:
		p.pause(s)
	case s.Stops() && !p.catches(s), p.pend(s):
	default:
		p.act(s)
	}
}

// act does what a signal does to a process that runs.
func (p *Process) act(s Signal) {
	p.mu.Lock()
	c, caught := p.caught[s]
	immune := p.uncaught && p.PID == 1
	p.mu.Unlock()
	switch {
	case caught:
		select {
		case c <- s:
		default: // signals do not queue up
		}
	case s.Ends() && !immune:
		p.cancel(s)
	}
}

// SignalGroup sends a signal to all processes of a group, as a terminal does.
func (t *Processes) SignalGroup(group int, s Signal) {
	for _, p := range t.List() {
		if p.Group == group {
			p.Signal(s)
		}
	}
}

// Kill sends a signal to a process as kill(2): to one with that PID; if pid is negative to a
// group; if it is 0 to the caller's own; and if it is -1 to all but the caller and PID 1. It is
// false if there is none. Signal 0 only asks that.
func (c *Call) Kill(pid int, s Signal) bool {
	found := false
	for _, p := range c.Processes().List() {
		switch {
		case pid == -1 && (p.PID == 1 || p == c.process):
		case p.PID == pid, pid == -1, pid < -1 && p.Group == -pid, pid == 0 && p.Group == c.process.Group:
			found = true
			c.signal(p, s)
		}
	}
	return found
}

// signal sends a signal from inside of the namespace: there even SIGKILL and SIGSTOP do nothing
// to PID 1, as pid_namespaces(7) has it.
func (c *Call) signal(p *Process, s Signal) {
	if s != 0 && (p.PID != 1 || s != SIGKILL && s != SIGSTOP) {
		p.Signal(s)
	}
}

// Notify returns a channel to which these signals then go, instead of ending the context of
// the command or stopping it, as signal.Notify does. SIGKILL and SIGSTOP cannot be caught. It
// has room for one of each.
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

// catches tells whether the process has asked for a signal.
func (p *Process) catches(s Signal) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, caught := p.caught[s]
	return caught
}
