package words

import "drydock/sim/tools/internal/escape"

// Unescape is $'TEXT'.
func Unescape(text string) string {
	out, _ := escape.Expand(text, escape.ANSI)
	return out
}
