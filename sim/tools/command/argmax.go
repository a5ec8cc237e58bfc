package command

// Bounds of execve(2) on Linux: of one string, and of all together with a stack of 8 MiB.
const (
	maxArgString = 128 << 10
	maxArgBytes  = 2 << 20
)

// ArgBytes returns how much memory arguments and environment take in a process: the strings, an
// end and a pointer each.
func ArgBytes(args, env []string) (n int) {
	for _, list := range [][]string{args, env} {
		for _, s := range list {
			n += len(s) + 1 + 8
		}
	}
	return n
}

// TooLong reports whether Linux refuses to start a program with these: "Argument list too long".
func TooLong(args, env []string) bool {
	for _, list := range [][]string{args, env} {
		for _, s := range list {
			if len(s) >= maxArgString {
				return true
			}
		}
	}
	return ArgBytes(args, env) > maxArgBytes
}
