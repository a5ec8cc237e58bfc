package dockercli

import (
	"fmt"
	"slices"
	"strings"
)

// refusedCommands are those of 20.10.24 that an emulated host has no meaning for. They are told
// apart from what is no command, so that who types one knows that it is not a mistake.
const refusedCommands = `
	build builder buildx commit config context cp diff export history import load login logout manifest
	node plugin push save search secret service stack stats swarm tag trust update volume app checkpoint compose engine
	container:commit container:cp container:diff container:export container:stats container:update
	image:build image:history image:import image:load image:push image:save image:tag
	system:df system:dial-stdio`

// isRefused reports whether a command, with its group, is one of those.
func isRefused(path string) bool {
	return slices.Contains(strings.Fields(refusedCommands), strings.Replace(path, " ", ":", 1))
}

func refused(path string) error {
	return fmt.Errorf("docker: '%s' is not supported by an emulated host.\nSee 'docker --help'", path)
}
