package shell

import (
	"io/fs"

	"drydock/sim/tools/command"
)

// isDir returns why one cannot change to a directory. A machine without files has /.
func (s *shell) isDir(at string) error {
	if at == "/" {
		return nil
	}
	info, err := s.Stat(at)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "chdir", Path: at, Err: command.ErrNotDir}
	}
	return err
}

// refuseDir says so.
func (s *shell) refuseDir(dir string, err error) int {
	switch {
	case s.bash:
		s.builtinError("cd", "%s: %s", dir, command.Reason(err))
		return 1
	case s.busybox:
		s.builtinError("cd", "can't cd to %s: %s", dir, command.Reason(err))
	default:
		s.builtinError("cd", "can't cd to %s", dir)
	}
	return 2
}
