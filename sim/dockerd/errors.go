package dockerd

import (
	"errors"
	"net/http"

	"drydock/sim"
)

// A statusError is an answer other than 2xx.
type statusError struct {
	status  int
	message string
}

func (e *statusError) Error() string { return e.message }

var errPage = notFound("page not found")

func badRequest(message string) error { return &statusError{http.StatusBadRequest, message} }
func conflict(message string) error   { return &statusError{http.StatusConflict, message} }
func notFound(message string) error   { return &statusError{http.StatusNotFound, message} }
func internal(message string) error   { return &statusError{http.StatusInternalServerError, message} }

// Operations of package sim.
const (
	anyOp           = ""
	createContainer = "create container"
	createNetwork   = "create network"
	connect         = "connect container"
	disconnect      = "disconnect container"
	start           = "start container"
	restart         = "restart container"
	createExec      = "create exec"
	startExec       = "start exec"
	resizeExec      = "resize exec"
	runExec         = "exec"
)

// statuses are dockerd's for what package sim refuses; the first that fits counts. What is not
// here is 500, among it much that is the client's fault: dockerd has not classified it.
var statuses = []struct {
	op     string
	err    error
	status int
}{
	// A container or network that is missing is no 404: that is an image, and the client
	// would pull it.
	{createContainer, sim.ErrNotFound, http.StatusBadRequest},

	{start, sim.ErrPortInUse, http.StatusInternalServerError},
	{start, sim.ErrInUse, http.StatusForbidden},
	{start, sim.ErrNotFound, http.StatusNotFound},
	{start, sim.ErrPaused, http.StatusConflict},
	{start, sim.ErrNotRunning, http.StatusConflict},
	{start, sim.ErrConflict, http.StatusBadRequest},
	{start, sim.ErrNoProgram, http.StatusBadRequest},
	{start, errAny, http.StatusInternalServerError},

	// Of what libnetwork refuses dockerd knows "forbidden" and "not found" alone.
	{createNetwork, sim.ErrNotFound, http.StatusNotFound},
	{createNetwork, sim.ErrNoAddress, http.StatusNotFound},
	{createNetwork, sim.ErrExists, http.StatusConflict},
	{createNetwork, sim.ErrPredefined, http.StatusForbidden},
	{createNetwork, sim.ErrOverlap, http.StatusForbidden},
	{anyOp, sim.ErrConfigOnly, http.StatusForbidden},
	{createNetwork, errors.ErrUnsupported, http.StatusNotImplemented},
	{createNetwork, errAny, http.StatusInternalServerError},
	{connect, sim.ErrExists, http.StatusForbidden},
	{connect, sim.ErrInUse, http.StatusForbidden},
	{connect, sim.ErrNoAddress, http.StatusInternalServerError},
	{connect, sim.ErrAddress, http.StatusInternalServerError},
	{disconnect, sim.ErrNotFound, http.StatusInternalServerError},

	{createExec, sim.ErrInUse, http.StatusInternalServerError},
	{startExec, sim.ErrNotRunning, http.StatusInternalServerError},
	{startExec, sim.ErrConflict, http.StatusConflict},
	{resizeExec, errAny, http.StatusInternalServerError},
	{runExec, sim.ErrNoProgram, http.StatusBadRequest},
	{runExec, errAny, http.StatusInternalServerError},

	{anyOp, sim.ErrNotFound, http.StatusNotFound},
	{anyOp, sim.ErrPredefined, http.StatusForbidden},
	{anyOp, sim.ErrInUse, http.StatusForbidden},
	{anyOp, sim.ErrExists, http.StatusConflict},
	{anyOp, sim.ErrRunning, http.StatusConflict},
	{anyOp, sim.ErrNotRunning, http.StatusConflict},
	{anyOp, sim.ErrPaused, http.StatusConflict},
	{anyOp, sim.ErrName, http.StatusBadRequest},
	{anyOp, sim.ErrConflict, http.StatusBadRequest},
	{anyOp, sim.ErrAddress, http.StatusBadRequest},
	{anyOp, sim.ErrPort, http.StatusBadRequest},
	{anyOp, errors.ErrUnsupported, http.StatusNotImplemented},
}

// errAny stands in statuses for all that an operation refuses.
var errAny = errors.New("")

// statusOf returns the status that an error is answered with.
func statusOf(err error) int {
	var e *statusError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &e):
		return e.status
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	}
	var refused *sim.Error
	if !errors.As(err, &refused) {
		return http.StatusInternalServerError
	}
	if cause, ok := refused.Err.(*sim.Error); ok && refused.Op == restart {
		refused = cause // what start refused
	}
	for _, s := range statuses {
		if (s.op == anyOp || s.op == refused.Op) && (s.err == errAny || errors.Is(refused, s.err)) {
			return s.status
		}
	}
	return http.StatusInternalServerError
}
