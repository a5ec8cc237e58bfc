package dockercli

import (
	"context"
	"errors"

	"drydock/sim/tools/command"
)

// A docker is one run of the command. It keeps nothing between two runs: all state is the
// daemon's.
type docker struct {
	*command.Call
	ctx     context.Context
	api     *client
	release *release
}

// An action runs a subcommand with its arguments. Its error is printed.
type action func(args []string) error

// A statusError is an exit status other than 1, or one without a message.
type statusError struct {
	status int
	text   string
}

func (e statusError) Error() string { return e.text }

// exit prints why docker fails and returns its status. Who is interrupted says nothing.
func (d *docker) exit(err error) int {
	var e statusError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
	case d.ctx.Err() != nil:
		return command.Interrupted(d.ctx)
	default:
		e = statusError{1, err.Error()}
	}
	if e.text != "" {
		d.Errorf("%s\n", e.text)
	}
	return e.status
}
