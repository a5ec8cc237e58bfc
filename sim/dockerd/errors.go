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

var errPage = &statusError{http.StatusNotFound, "page not found"}

func badRequest(message string) error { return &statusError{http.StatusBadRequest, message} }
func conflict(message string) error   { return &statusError{http.StatusConflict, message} }
func notFound(message string) error   { return &statusError{http.StatusNotFound, message} }

// statuses are dockerd's for what package sim refuses. What is not here is 500, among it
// much that is the client's fault: dockerd has not classified it.
var statuses = []struct {
	err    error
	status int
}{
	{sim.ErrNotFound, http.StatusNotFound},
	{sim.ErrPredefined, http.StatusForbidden},
	{sim.ErrOverlap, http.StatusForbidden},
	{sim.ErrExists, http.StatusConflict},
	{sim.ErrRunning, http.StatusConflict},
	{sim.ErrNotRunning, http.StatusConflict},
	{sim.ErrPaused, http.StatusConflict},
	{sim.ErrNotPaused, http.StatusInternalServerError},
	{sim.ErrInUse, http.StatusForbidden},
	{sim.ErrName, http.StatusBadRequest},
	{sim.ErrConflict, http.StatusBadRequest},
	{sim.ErrAddress, http.StatusBadRequest},
	{sim.ErrPort, http.StatusBadRequest},
	{errors.ErrUnsupported, http.StatusNotImplemented},
}

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
	for _, s := range statuses {
		if errors.Is(err, s.err) {
			return s.status
		}
	}
	return http.StatusInternalServerError
}
