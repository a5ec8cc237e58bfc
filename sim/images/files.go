package images

import (
	"bytes"
	"embed"
	"io/fs"
	"os"
	"strings"
	"time"

	tree "drydock/sim/internal/files"
)

//go:embed all:files
var embedded embed.FS

// dates are when the files of an image were made, which servers tell; others are as old as
// Debian 12.
var dates = map[string]time.Time{
	"nginx":        time.Date(2021, time.November, 16, 14, 44, 2, 0, time.UTC),
	"nginx-docker": time.Date(2021, time.November, 17, 10, 38, 14, 0, time.UTC),
	"httpd":        time.Date(2007, time.June, 11, 18, 53, 14, 0, time.UTC),
}

// layers are files one over the other.
type layers = tree.Layers

// files returns the files of an image, with the modes that files have; embedded ones have only 0444
// and no date.
func files(name string) fs.FS {
	date, ok := dates[name]
	if !ok {
		date = tree.Released()
	}
	t := tree.New(tree.Options{Limits: tree.Limits{Bytes: 1 << 20, Files: 1000}, Now: func() time.Time { return date }})
	root := "files/" + name
	err := fs.WalkDir(embedded, root, func(at string, d fs.DirEntry, err error) error {
		if err != nil || at == root {
			return err
		}
		to := strings.TrimPrefix(at, root+"/")
		if d.IsDir() {
			return t.Mkdir(to, 0o755)
		}
		text, err := embedded.ReadFile(at)
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if bytes.HasPrefix(text, []byte("#!")) {
			mode = 0o755
		}
		f, err := t.OpenFile(to, os.O_CREATE|os.O_WRONLY, mode)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.Write(text)
		return err
	})
	if err != nil {
		panic(err) // there is no such directory in the package, or it has too much in it
	}
	return t
}
