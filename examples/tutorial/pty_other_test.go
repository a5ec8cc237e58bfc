//go:build !linux

package main

import (
	"errors"
	"os"
	"os/exec"
)

func startInTerminal(*exec.Cmd, int, int) (*os.File, error) { return nil, errors.ErrUnsupported }
