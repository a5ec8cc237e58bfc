package dockercli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// An errUnreachable is that nobody answers at an address.
type errUnreachable struct{ host string }

func (e errUnreachable) Error() string {
	return fmt.Sprintf("Cannot connect to the Docker daemon at %s. Is the docker daemon running?", e.host)
}

// An apiError is an answer that is an error.
type apiError struct {
	status  int
	message string
	missing string // what docker says of a 404, which it has own words for before 28, or ""
	since28 bool
}

func (e *apiError) Error() string {
	if e.status == http.StatusNotFound && e.missing != "" && !e.since28 {
		return "Error: " + e.missing
	}
	return "Error response from daemon: " + e.message
}

// isNotFound tells whether the daemon answered that there is no such thing.
func isNotFound(err error) bool {
	var e *apiError
	return errors.As(err, &e) && e.status == http.StatusNotFound
}

// orMissing gives a 404 the words that docker has for an object of a kind and a name. It
// does so for the API's calls about one object, but not for all of them.
func orMissing(err error, kind, name string) error {
	var e *apiError
	if errors.As(err, &e) {
		e.missing = "No such " + kind + ": " + name
	}
	return err
}

// check returns the error that an answer is, in the words of docker.
func (c *connection) check(upgrade bool) error {
	status := c.answer.StatusCode
	switch {
	case upgrade && status != http.StatusSwitchingProtocols:
		return fmt.Errorf("unable to upgrade to tcp, received %d", status)
	case status < http.StatusBadRequest:
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(c.answer.Body, maxBody))
	if err != nil {
		return err
	}
	var answer struct{ Message string }
	if c.answer.Header.Get("Content-Type") != "application/json" {
		answer.Message = string(text)
	} else if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("Error reading JSON: %w", err)
	}
	return &apiError{status: status, message: string(bytes.TrimSpace([]byte(answer.Message)))}
}
