package files

import (
	"embed"
	"io/fs"
	"os"
	"sync"
	"time"
)

// texts are files of Debian 12: of its packages netbase, base-passwd, libc-bin and base-files.
// Of the services those are there that people name.
//
//go:embed debian
var texts embed.FS

// Released returns when Debian 12 was, which is the time of what every system has.
func Released() time.Time { return time.Date(2023, time.June, 10, 0, 0, 0, 0, time.UTC) }

// Debian returns what every system has: the directories of Debian 12, and of its files those in
// which programs look names up.
var Debian = sync.OnceValue(func() fs.FS {
	t := New(Options{Limits: Limits{Bytes: 1 << 20, Files: 1000}, Now: Released})
	for _, name := range []string{
		"bin", "boot", "dev", "etc", "home", "lib", "media", "mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys", "tmp",
		"usr", "usr/bin", "usr/lib", "usr/local", "usr/local/bin", "usr/local/sbin", "usr/sbin", "usr/share",
		"var", "var/cache", "var/lib", "var/log", "var/spool", "var/tmp",
	} {
		must(t.add(name, &dir{mode: debianMode(name), time: Released()}))
	}
	entries, err := texts.ReadDir("debian")
	must(err)
	for _, e := range entries {
		text, err := texts.ReadFile("debian/" + e.Name())
		must(err)
		f, err := t.OpenFile("etc/"+e.Name(), os.O_CREATE|os.O_WRONLY, 0o644)
		must(err)
		_, err = f.Write(text)
		must(err)
		must(f.Close())
	}
	return t
})

func debianMode(name string) fs.FileMode {
	switch name {
	case "tmp", "var/tmp":
		return fs.ModeSticky | 0o777
	case "proc", "sys":
		return 0o555
	case "root":
		return 0o700
	}
	return 0o755
}

// must ends the program if what never fails does.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
