package shell_test

import "testing"

// BenchmarkShell runs a line of one command, of builtins, and of a pipeline.
func BenchmarkShell(b *testing.B) {
	for _, bm := range []struct{ name, line string }{
		{"true", "true"}, {"program", "env true; :"}, {"loop", "for i in 1 2 3 4 5 6 7 8 9 10; do x=$x$i; done"}, {"pipe", "echo a | cat | cat"}, {"substitution", "x=$(echo a)"},
	} {
		b.Run(bm.name, func(b *testing.B) {
			m := newMachine(nil)
			env := []string{"HOME=/root", "PATH=/usr/bin", "HOSTNAME=web"}
			b.ReportAllocs()
			for b.Loop() {
				if _, status := run(b.Context(), m, "/", env, "sh", "-c", bm.line); status != 0 {
					b.Fatal(status)
				}
			}
		})
	}
}
