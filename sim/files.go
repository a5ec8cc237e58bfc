package sim

import (
	"errors"
	"io/fs"
	"os"
	"sync"

	"drydock/sim/internal/files"
	"drydock/sim/tools/command"
)

// What programs may write: a container to its own layer, and to each of the files that Docker
// mounts in it.
var (
	writable   = files.Limits{Bytes: 64 << 20, Files: 1 << 14}
	mountedMax = 1 << 20
)

// FS returns the files that programs there see, and can write: those of Debian 12 in which names
// are looked up, those of the image (see Image.Files), its programs in /bin and the like,
// /dev/null and /dev/zero, /proc with net, sys, uptime, version and the command lines of
// processes, /sys with class/net, and what programs wrote, in memory and up to 64 MiB. There are no symbolic links and no owners. No path leads to the real
// machine. The functions of io/fs work on it, fs.ReadFile(c.FS(), "etc/hosts"), and http.FS.
//
// What programs write to /etc/hosts and /etc/resolv.conf is what names are found by from then
// on. In a container they are Docker's: written anew when it starts, edited when it joins
// or leaves a network or the target of a link starts with another address, shared with those of
// WithNetworkOf, and mounted, so that they can be neither removed nor renamed: sed -i fails.
//
// What else a container writes stays from its creation to its removal. While it does not run
// there is no /proc, and Docker's files are those of the last time, empty before the first.
func (ns *Netns) FS() command.Files { return ns.root() }

// initLayer is what dockerd puts into each container: files to mount its own at, and a mark.
var initLayer = sync.OnceValue(func() fs.FS {
	t := files.New(files.Options{Layers: []fs.FS{files.Debian()}, Limits: writable, Now: files.Released})
	// There is room for them.
	writeFiles(t, ".dockerenv", "", hostsPath, "", resolvConfPath, "", hostnamePath, "")
	return t
})

// fileTree makes a tree with devices.
func fileTree(o files.Options) *files.Tree {
	o.Limits = writable
	t := files.New(o)
	t.AddDevices() // fails if the image has them: then those are there
	return t
}

// writeFiles writes files, from their names and texts in turn.
func writeFiles(t *files.Tree, texts ...string) error {
	for i := 0; i < len(texts); i += 2 {
		f, err := t.OpenFile(texts[i], os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		_, err = f.Write([]byte(texts[i+1]))
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// text returns what is in a file, nothing if it is not there.
func text(t *files.Tree, path string) string {
	b, _ := fs.ReadFile(t, path)
	return string(b)
}

// tree returns the files of the container. They are made when they are first asked for: most
// containers of a large host are never looked into.
func (c *Container) tree() command.Files {
	c.treeMu.Lock()
	defer c.treeMu.Unlock()
	if c.files == nil {
		c.files = c.newTree()
	}
	return c.files
}

func (c *Container) newTree() *files.Tree {
	bound := func(of func(*dockerFiles) *files.File) func() *files.File {
		return func() *files.File {
			if d := c.docker.Load(); d != nil {
				return of(d)
			}
			return nil
		}
	}
	return fileTree(files.Options{
		Layers: []fs.FS{c.config.image.Files, initLayer(), files.Programs(c.commands())},
		Bound: map[string]func() *files.File{
			hostsPath:      bound(func(d *dockerFiles) *files.File { return d.hosts }),
			resolvConfPath: bound(func(d *dockerFiles) *files.File { return d.resolvConf }),
			hostnamePath:   bound(func(d *dockerFiles) *files.File { return d.hostname }),
		},
		Mounted: map[string]func() *files.Made{"proc": c.proc, "sys": c.sys},
	})
}

// Size returns how many bytes the container has written to its files, and how many there are with
// those of its image: "docker ps -s".
func (c *Container) Size() (written, all int64) {
	c.treeMu.Lock()
	defer c.treeMu.Unlock()
	if c.files != nil {
		written = int64(c.files.Written())
	}
	if c.host.engine.Release().Snapshotter != "" {
		written += 4096 // the directory itself
	}
	return written, c.config.image.Size + written
}

// dropFiles takes away what the container wrote.
func (c *Container) dropFiles() {
	c.treeMu.Lock()
	defer c.treeMu.Unlock()
	c.files = files.New(files.Options{})
}
