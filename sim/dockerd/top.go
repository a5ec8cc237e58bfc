package dockerd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/tools/command"
	"drydock/sim/tools/procps"
)

// containerTop tells the processes of a container as ps on the host does, with whatever options
// the client has for it.
func (c *call) containerTop() error {
	args := cmp.Or(c.form.Get("ps_args"), "-ef")
	if err := checkHeadings(args); err != nil {
		return err
	}
	found, err := c.container()
	if err != nil {
		return err
	}
	if err := found.CheckRunning(); err != nil {
		return err
	}
	pids := containerPIDs(found)
	words := strings.Split(args, " ")
	output, err := c.ps(append(slices.Clone(words), "-q"+strings.Join(pids, ",")))
	if err != nil {
		output, err = c.ps(words) // with options that cannot stand together with -q
	}
	if err != nil {
		return internal("ps: " + err.Error())
	}
	top, err := parsePS(output, pids)
	if err != nil {
		return err
	}
	found.LogEvent("top", nil)
	c.reply(http.StatusOK, top)
	return nil
}

// ownHeading is a field of -o that is headed PID and may be none.
var ownHeading = regexp.MustCompile(`\s+([^\s]*)=\s*(PID[^\s]*)`)

// checkHeadings refuses what would have another column taken for the PIDs.
func checkHeadings(args string) error {
	for _, m := range ownHeading.FindAllStringSubmatch(args, -1) {
		if m[1] != "pid" {
			return internal(fmt.Sprintf("specifying \"%s=%s\" is not allowed", m[1], m[2]))
		}
	}
	return nil
}

// containerPIDs are what the host calls the processes of a container, without its shim.
func containerPIDs(c *sim.Container) (pids []string) {
	for p := range c.HostProcesses() {
		pids = append(pids, strconv.Itoa(p.PID))
	}
	return pids[min(1, len(pids)):]
}

// ps runs ps on the host and returns what it prints. The error is the first line of its own.
func (c *call) ps(args []string) (string, error) {
	var out, errs bytes.Buffer
	call := &command.Call{Machine: c.host, Args: slices.Concat([]string{"ps"}, args), Stdout: &out, Stderr: &errs}
	if status := procps.Commands().Run(c.r.Context(), call); status != 0 {
		line, _, _ := strings.Cut(errs.String(), "\n")
		return "", errors.New(cmp.Or(line, fmt.Sprintf("exit status %d", status)))
	}
	return out.String(), nil
}

// parsePS takes the table of ps apart, keeping the lines of some processes. What is more than there
// are headings belongs to the last one.
func parsePS(output string, pids []string) (dockerapi.Top, error) {
	titles, rest, _ := strings.Cut(output, "\n")
	top := dockerapi.Top{Titles: strings.Fields(titles), Processes: [][]string{}}
	at := slices.Index(top.Titles, "PID")
	if at < 0 {
		return top, internal("Couldn't find PID field in ps output")
	}
	last := len(top.Titles) - 1
	for line := range strings.Lines(rest) {
		fields := strings.Fields(line)
		if len(fields) <= at {
			continue
		}
		if _, err := strconv.Atoi(fields[at]); err != nil {
			return top, internal(fmt.Sprintf("Unexpected pid '%s': %v", fields[at], err))
		}
		if slices.Contains(pids, fields[at]) {
			last := min(last, len(fields))
			top.Processes = append(top.Processes, append(fields[:last:last], strings.Join(fields[last:], " ")))
		}
	}
	return top, nil
}
