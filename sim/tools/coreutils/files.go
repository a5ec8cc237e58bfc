package coreutils

import (
	"io/fs"
	"os"

	"drydock/sim/tools/command"
)

// stat returns what there is about a file.
func stat(c *command.Call, name string) (fs.FileInfo, error) {
	f, err := c.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Stat()
}

// isDir tells whether there is a directory of that name.
func isDir(c *command.Call, name string) bool {
	info, err := stat(c, name)
	return err == nil && info.IsDir()
}

// quoted returns a name as the programs of GNU show it in messages.
func quoted(name string) string { return "'" + name + "'" }
