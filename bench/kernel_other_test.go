//go:build !linux

package bench

import "testing"

func openKernelBridge(b *testing.B, _ int) []pair {
	b.Skip("needs Linux")
	return nil
}

func openKernelNAT(b *testing.B) natLab {
	b.Skip("needs Linux")
	return natLab{}
}
