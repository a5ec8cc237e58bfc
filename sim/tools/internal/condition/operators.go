package condition

import (
	"io/fs"
	"path"
)

// Unary is an operator with one operand but -t, by its letter. Who asks is root, so whatever
// is there can be read and written.
func Unary(env Env, op byte, arg string) bool {
	switch op {
	case 'n':
		return arg != ""
	case 'z':
		return arg == ""
	}
	info, err := env.Stat(arg)
	if err != nil {
		return false
	}
	mode := info.Mode()
	switch op {
	case 'f':
		return mode.IsRegular()
	case 'd':
		return mode.IsDir()
	case 's':
		return info.Size() > 0
	case 'x':
		return mode.IsDir() || mode.Perm()&0o111 != 0
	case 'b':
		return mode&fs.ModeDevice != 0 && mode&fs.ModeCharDevice == 0
	case 'c':
		return mode&fs.ModeCharDevice != 0
	case 'p':
		return mode&fs.ModeNamedPipe != 0
	case 'S':
		return mode&fs.ModeSocket != 0
	case 'h', 'L':
		return mode&fs.ModeSymlink != 0
	case 'k':
		return mode&fs.ModeSticky != 0
	case 'u':
		return mode&fs.ModeSetuid != 0
	case 'g':
		return mode&fs.ModeSetgid != 0
	}
	return true // e r w O G N
}

// Compare is -nt, -ot and -ef.
func Compare(env Env, a, op, b string) bool {
	x, errX := env.Stat(a)
	y, errY := env.Stat(b)
	switch op {
	case "-nt":
		return errX == nil && (errY != nil || x.ModTime().After(y.ModTime()))
	case "-ot":
		return errY == nil && (errX != nil || y.ModTime().After(x.ModTime()))
	}
	return errX == nil && errY == nil && path.Clean(a) == path.Clean(b)
}

// Numbers is -eq and its like.
func Numbers(x int64, op string, y int64) bool {
	switch op {
	case "-eq":
		return x == y
	case "-ne":
		return x != y
	case "-lt":
		return x < y
	case "-le":
		return x <= y
	case "-gt":
		return x > y
	}
	return x >= y
}
