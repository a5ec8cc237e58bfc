package dockercli

import "strings"

// A look is how the docker command of a release prints lists. It goes by the API that the daemon
// speaks: on a host with Docker 1.13 the command is of that release, too.
type look struct {
	width    int    // the least of a column, with the space after it
	ellipsis string // the end of a command that is cut
	unit     string // what stands between a size and its unit
}

var (
	look113 = look{20, "...", " "}
	look20  = look{10, "…", ""}
)

// firstOther is the first API of a release that is not like 1.13.
const firstOther = "1.27"

func (d *docker) look() look {
	if olderVersion(d.api.version, firstOther) {
		return look113
	}
	return look20
}

// size returns a size as this package's library prints it, "187MB", in the way of the look.
func (k look) size(text string) string {
	digits := strings.TrimRight(text, "kMGTPEZYB")
	return digits + k.unit + text[len(digits):]
}
