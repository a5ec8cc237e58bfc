package sim

import (
	"io/fs"
	"sync"

	"drydock/nat"
	"drydock/sim/internal/files"
	"drydock/sim/tools/command"
)

// An Entered is the network of a container as programs of the host see it that have entered it,
// with the host's rights, files, processes and names: "nsenter -t PID -n". It lasts until Close,
// and the network with it.
type Entered struct {
	Netns
	host  *Host
	in    *namespace
	leave sync.Once
}

// Enter enters the network of a running container. The error is an *Error that wraps ErrNotRunning, or
// ErrNotFound for a container of another host.
func (h *Host) Enter(c *Container) (*Entered, error) {
	if err := h.sameTime("enter"); err != nil {
		return nil, err
	}
	if c == nil || c.host != h {
		return nil, newError("enter", "", ErrNotFound, "the container is none of the host's")
	}
	r := c.running()
	if r == nil || !r.ns.hold() {
		return nil, c.errDown("enter")
	}
	e := &Entered{host: h, in: r.ns}
	tree := &enteredFiles{Tree: h.files}
	e.Netns.errDown, e.Netns.bubble = c.errDown, h.Netns.bubble
	e.Netns.root = func() command.Files { return tree }
	e.Netns.site = func(op string) (*site, error) {
		s, err := h.Netns.site(op)
		if err == nil {
			s.machine, s.files = e, tree
		}
		return s, err
	}
	processes := h.Processes()
	tree.own = files.New(files.Options{Mounted: map[string]func() *files.Made{
		"proc": func() *files.Made { return e.Netns.proc(h.booted, processes) }, "sys": e.Netns.sys,
	}})
	read := func(path string) string { return text(h.files, path) }
	e.up(r.ns, &names{read: read, seed: h.random.seedOf("dns entered " + c.id)}, "nsenter", h.name, processes)
	return e, nil
}

// Close leaves the network: sockets of programs there are closed.
func (e *Entered) Close() {
	e.leave.Do(func() {
		e.down(true)
		e.in.release()
	})
}

// Host returns who has entered.
func (e *Entered) Host() *Host { return e.host }

// Firewall returns the netfilter of the network.
func (e *Entered) Firewall() *nat.Tables { return e.in.netfilter() }

// enteredFiles are the host's but for what the kernel tells of the network that is entered.
type enteredFiles struct {
	*files.Tree
	own *files.Tree // /proc and /sys
}

func (f *enteredFiles) tree(name string) *files.Tree {
	for _, dir := range []string{"proc", "sys"} {
		if name == dir || len(name) > len(dir) && name[:len(dir)+1] == dir+"/" {
			return f.own
		}
	}
	return f.Tree
}

func (f *enteredFiles) Open(name string) (fs.File, error) { return f.tree(name).Open(name) }

func (f *enteredFiles) OpenFile(name string, flag int, perm fs.FileMode) (command.File, error) {
	return f.tree(name).OpenFile(name, flag, perm)
}

func (f *enteredFiles) Stat(name string) (fs.FileInfo, error) { return f.tree(name).Stat(name) }

func (f *enteredFiles) ReadDir(name string) ([]fs.DirEntry, error) {
	return fs.ReadDir(f.tree(name), name)
}

var _ interface {
	command.Files
	fs.StatFS
	fs.ReadDirFS
} = (*enteredFiles)(nil)
