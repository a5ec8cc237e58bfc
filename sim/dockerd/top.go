package dockerd

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"drydock/sim/dockerapi"
)

// containerTop tells the processes as "ps -ef" does, the only options that it knows. The
// process IDs are those in the container.
func (c *call) containerTop() error {
	if args := c.form.Get("ps_args"); args != "" && args != "-ef" {
		return internal("ps: option " + args + " is not emulated")
	}
	found, err := c.container()
	if err != nil {
		return err
	}
	processes := found.Processes()
	if processes == nil {
		return conflict(fmt.Sprintf("Container %s is not running", found.ID()))
	}
	top := dockerapi.Top{Titles: strings.Fields("UID PID PPID C STIME TTY TIME CMD"), Processes: [][]string{}}
	for _, p := range processes.List() {
		top.Processes = append(top.Processes, []string{
			"root", strconv.Itoa(p.PID), strconv.Itoa(p.Parent), "0", p.Started.Format("15:04"), "?", "00:00:00", strings.Join(p.Args, " "),
		})
	}
	found.LogEvent("top", nil)
	c.reply(http.StatusOK, top)
	return nil
}
