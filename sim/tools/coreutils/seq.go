package coreutils

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// A sequence is what seq counts.
type sequence struct {
	first, step, last float64
	decimals          int
	separator         string
	wide              bool
}

// Seq is seq(1).
func Seq(ctx context.Context, c *command.Call) int {
	s := sequence{first: 1, step: 1, separator: "\n"}
	args := c.Args[1:]
	var rest []string
	for i, arg := range args { // negative numbers are no options
		if len(arg) > 1 && arg[0] == '-' && (isDigit(arg[1]) || arg[1] == '.') {
			args, rest = args[:i], args[i:]
			break
		}
	}
	numbers, err := command.Getopt(args, []command.Option{gnu.Text("s separator", &s.separator), gnu.Flag("w equal-width", &s.wide)})
	if err == nil {
		err = s.parse(append(numbers, rest...))
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	return s.print(ctx, c)
}

// parse reads FIRST, STEP and LAST.
func (s *sequence) parse(numbers []string) error {
	if len(numbers) == 0 {
		return gnu.Missing()
	}
	if len(numbers) > 3 {
		return gnu.Extra(numbers[3])
	}
	values := make([]float64, len(numbers))
	for i, text := range numbers {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) {
			return &gnu.Fault{Text: "invalid floating point argument: " + quoted(text), Usage: true}
		}
		values[i] = f
		if _, after, ok := strings.Cut(text, "."); ok && (i < len(numbers)-1 || len(numbers) == 1) {
			s.decimals = max(s.decimals, min(len(after), 20))
		}
	}
	s.last = values[len(values)-1]
	if len(values) > 1 {
		s.first = values[0]
	}
	if len(values) == 3 {
		if s.step = values[1]; s.step == 0 {
			return &gnu.Fault{Text: "invalid Zero increment value: " + quoted(numbers[1]), Usage: true}
		}
	}
	return nil
}

// print counts by multiplication, so that faults do not add up.
func (s *sequence) print(ctx context.Context, c *command.Call) int {
	width := 0
	if s.wide {
		for _, f := range []float64{s.first, s.last} {
			width = max(width, len(strconv.FormatFloat(f, 'f', s.decimals, 64)))
		}
	}
	near := 1e-9 * math.Abs(s.step)
	for i := 0; ctx.Err() == nil; i++ {
		f := s.first + float64(i)*s.step
		if s.step > 0 && f > s.last+near || s.step < 0 && f < s.last-near {
			if i > 0 {
				c.Printf("\n")
			}
			return 0
		}
		text := fmt.Sprintf("%0*.*f", width, s.decimals, f)
		if i > 0 {
			text = s.separator + text
		}
		if _, err := io.WriteString(c.Stdout, text); err != nil {
			return 1
		}
	}
	return 1
}
