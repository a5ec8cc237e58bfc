package command

// Kill sends a signal to a process, or if pid is negative to a process group, as kill(2). It is
// false if there is none. Signal 0 only asks that.
func (t *Processes) Kill(pid int, s Signal) bool {
	found := false
	for _, p := range t.List() {
		if p.PID == pid || pid < 0 && p.Group == -pid {
			found = true
			if s != 0 {
				p.Signal(s)
			}
		}
	}
	return found
}
