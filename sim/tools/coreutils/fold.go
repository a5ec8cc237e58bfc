package coreutils

import (
	"context"
	"slices"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// Fold is fold(1).
func Fold(_ context.Context, c *command.Call) int {
	width, spaces := 80, false
	files, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Number("w width", "number of columns", &width), gnu.Flag("s spaces", &spaces), gnu.Flag("b bytes", new(bool)),
	})
	if err == nil && width < 1 {
		err = gnu.Bad("invalid number of columns: '%d'", width)
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	return gnu.Status(gnu.Each(c, files, func(in gnu.Input) error {
		return gnu.Lines(in, func(text string, last bool) bool {
			for len(text) > width {
				n := width
				if i := strings.LastIndexByte(text[:width], ' '); spaces && i >= 0 {
					n = i + 1
				}
				c.Printf("%s\n", text[:n])
				text = text[n:]
			}
			c.Printf("%s%s", text, map[bool]string{true: "", false: "\n"}[last])
			return true
		})
	}))
}

// Rev is rev(1) of util-linux.
func Rev(_ context.Context, c *command.Call) int {
	files, err := command.Getopt(c.Args[1:], nil)
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	return gnu.Status(gnu.Each(c, files, func(in gnu.Input) error {
		return gnu.Lines(in, func(text string, last bool) bool {
			runes := []rune(text)
			slices.Reverse(runes)
			c.Printf("%s%s", string(runes), map[bool]string{true: "", false: "\n"}[last])
			return true
		})
	}))
}
