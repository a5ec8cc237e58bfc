package apitext

import (
	"errors"
	"strconv"
	"strings"
)

// PortRange reads "80" and "80-90" as docker/go-connections does, whose errors of numbers are
// strconv's.
func PortRange(text string) (first, last uint64, err error) {
	if text == "" {
		return 0, 0, errors.New("Empty string specified for ports.")
	}
	from, to, isRange := strings.Cut(text, "-")
	if first, err = strconv.ParseUint(from, 10, 16); err != nil || !isRange {
		return first, first, err
	}
	if last, err = strconv.ParseUint(to, 10, 16); err == nil && last < first {
		err = errors.New("Invalid range specified for the Port: " + text)
	}
	return first, last, err
}
