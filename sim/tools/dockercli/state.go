package dockercli

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/pflag"
)

// errTold is a failure that was printed and is not one of the command.
var errTold = errors.New("told")

// each does something with each of the names and prints those, as they were given and not as
// IDs. One failure does not keep the others from their turn. What went wrong with some
// follows in the end: docker joins the errors.
func (d *docker) each(names []string, do func(name string) error) error {
	var problems []string
	for _, name := range names {
		switch err := do(name); err {
		case nil:
			d.Printf("%s\n", name)
		case errTold:
		default:
			problems = append(problems, err.Error())
		}
	}
	return joined(problems)
}

// joined returns the errors of several objects as one, nil if there are none.
func joined(problems []string) error {
	if len(problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(problems, "\n"))
}

// atOnce is how many containers docker stops at a time.
const atOnce = 50

// eachAtOnce is each for what takes time, so that it takes the time of the slowest. The
// output is in the order of the names all the same. docker does so, too, when it kills,
// pauses and removes, which take no time: here those keep an order that a test can rely on.
func (d *docker) eachAtOnce(names []string, do func(name string) error) error {
	results := make([]chan error, len(names))
	for i := range results {
		results[i] = make(chan error, 1)
	}
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() {
		for i, name := range names {
			slots <- struct{}{}
			all.Go(func() {
				results[i] <- do(name)
				<-slots
			})
		}
	})
	next := 0
	return d.each(names, func(string) error {
		next++
		return <-results[next-1]
	})
}

// post asks the daemon to do something with a container.
func (d *docker) post(name, what string, query url.Values) error {
	return d.api.post(d.ctx, "/containers/"+name+"/"+what, query, nil, nil)
}

// pause is docker pause.
func (d *docker) pause(*pflag.FlagSet) action {
	return func(names []string) error {
		return d.each(names, func(name string) error { return d.post(name, "pause", nil) })
	}
}

// unpause is docker unpause.
func (d *docker) unpause(*pflag.FlagSet) action {
	return func(names []string) error {
		return d.each(names, func(name string) error { return d.post(name, "unpause", nil) })
	}
}

// addTime adds -t. Without it the container or the daemon decides.
func addTime(f *pflag.FlagSet, what string) (query func() url.Values) {
	seconds := f.IntP("time", "t", 10, "Seconds to wait for stop before killing "+what)
	return func() url.Values {
		if !f.Changed("time") {
			return nil
		}
		return url.Values{"t": {strconv.Itoa(*seconds)}}
	}
}

// stop is docker stop. A container that does not run is no failure: it is stopped.
func (d *docker) stop(f *pflag.FlagSet) action {
	query := addTime(f, "it")
	return func(names []string) error {
		return d.eachAtOnce(names, func(name string) error { return d.post(name, "stop", query()) })
	}
}

// restart is docker restart, one after the other. It starts one that does not run.
func (d *docker) restart(f *pflag.FlagSet) action {
	query := addTime(f, "the container")
	return func(names []string) error {
		return d.each(names, func(name string) error { return d.post(name, "restart", query()) })
	}
}

// kill is docker kill.
func (d *docker) kill(f *pflag.FlagSet) action {
	signal := f.StringP("signal", "s", "KILL", "Signal to send to the container")
	return func(names []string) error {
		query := url.Values{"signal": {*signal}}
		return d.each(names, func(name string) error { return d.post(name, "kill", query) })
	}
}

// rename is docker rename, which tells twice what went wrong.
func (d *docker) rename(*pflag.FlagSet) action {
	return func(names []string) error {
		from, to := strings.TrimSpace(names[0]), strings.TrimSpace(names[1])
		if from == "" || to == "" {
			return d.release.error("Neither old nor new names may be empty")
		}
		err := d.post(from, "rename", url.Values{"name": {to}})
		switch {
		case err != nil && d.release.since29:
			return fmt.Errorf("failed to rename container: %w", err)
		case err != nil:
			d.Errorf("%v\n", err)
			return fmt.Errorf("Error: failed to rename container named %s", from)
		}
		return nil
	}
}

// remove is docker rm. With -f it is no failure that there is no such container, since
// 20.10, but it is told.
func (d *docker) remove(f *pflag.FlagSet) action {
	volumes := f.BoolP("volumes", "v", false, "Remove anonymous volumes associated with the container")
	link := f.BoolP("link", "l", false, "Remove the specified link")
	force := f.BoolP("force", "f", false, "Force the removal of a running container (uses SIGKILL)")
	return func(names []string) error {
		query := url.Values{}
		for name, set := range map[string]bool{"v": *volumes, "link": *link, "force": *force} {
			if set {
				query.Set(name, "1")
			}
		}
		return d.each(names, func(name string) error {
			err := d.removeContainer(name, query)
			if *force && isNotFound(err) {
				if !d.release.since29 {
					d.Errorf("%v\n", err)
				}
				return errTold
			}
			return err
		})
	}
}

// removeContainer removes one container. docker takes the slash off a name that was copied
// from docker inspect.
func (d *docker) removeContainer(name string, query url.Values) error {
	if name = strings.Trim(name, "/"); name == "" {
		return dockerError("Container name cannot be empty")
	}
	return orMissing(d.api.remove(d.ctx, "/containers/"+name, query), "container", name)
}

// waitFor is docker wait, which prints statuses and no names. It waits for one after the
// other, so the order of the output is that of the names.
func (d *docker) waitFor(*pflag.FlagSet) action {
	return func(names []string) error {
		var problems []string
		for _, name := range names {
			status, err := d.waitOne(name)
			if err != nil {
				problems = append(problems, err.Error())
				continue
			}
			d.Printf("%d\n", status)
		}
		return joined(problems)
	}
}

// waitOne waits for one container. One that does not run has a status already.
func (d *docker) waitOne(name string) (status int, err error) {
	waiting, err := d.openWaitStopped(name)
	if err != nil {
		return 0, err
	}
	defer waiting.Close()
	return waiting.status()
}
