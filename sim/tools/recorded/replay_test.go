package recorded

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
)

var (
	update = flag.Bool("update", false, "write EQUAL.md anew")
	diff   = flag.Bool("diff", false, "log the lines that are not equal")
	trace  = flag.Bool("trace", false, "print commands before they run")
)

// TestReplay repeats all sessions. How many lines are equal must be what EQUAL.md says.
func TestReplay(t *testing.T) {
	var mu sync.Mutex
	all := make(results)
	t.Run("sessions", func(t *testing.T) {
		for _, release := range releases {
			for _, session := range sessions(t, string(release)) {
				t.Run(string(release)+"/"+session, func(t *testing.T) {
					t.Parallel()
					c := replay(t, release, session)
					if *diff {
						t.Logf("%d of %d\n%s", c.equal, c.of, strings.Join(c.diff, "\n"))
					}
					mu.Lock()
					defer mu.Unlock()
					all.add(release, session, c)
				})
			}
		}
	})
	all.check(t)
}

// replay repeats a session and tells how many lines are equal.
func replay(t *testing.T, release sim.Release, session string) (total comparison) {
	simtest.VirtualTime(t, func(t *testing.T) {
		r := &run{lab: newLab(t, release, session), session: session, met: make([]int, len(hiddens))}
		for _, s := range readSession(t, file(release, session)) {
			r.repeat(t.Context(), s)
		}
		r.lab.lasting.Wait()
		total = r.total
	})
	return total
}

// A run is a session that is being repeated.
type run struct {
	lab     *lab
	session string
	met     []int  // how many steps each of hiddens is before
	section string // that of the last step
	total   comparison
}

func (r *run) repeat(ctx context.Context, s step) {
	if s.section != r.section {
		r.section = s.section
		r.lab.dns.sinceMark() // scripts set the mark where a section begins
	}
	for i, h := range hiddens {
		if !h.matches(r.session, s) {
			continue
		}
		if r.met[i]++; h.which == 0 || h.which == r.met[i] {
			h.do(ctx, r.lab, s)
		}
	}
	if find(notRun, r.lab.release, r.session, s) != nil {
		return
	}
	if *trace {
		fmt.Fprintln(os.Stderr, time.Now().Format(time.TimeOnly), s.line, s.where, s.command)
	}
	limited, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	printed := r.lab.run(limited, s.where, r.ours(manyTimes(s.command)))
	for _, a := range alsos {
		if a.session == number(r.session) && a.after.MatchString(s.String()) {
			printed += r.lab.run(limited, s.where, a.line)
		}
	}
	r.lab.same.at.step = number(r.session) + " [" + s.where + "] " + s.command
	got := r.events(s, linesOf(printed))
	stranger := func(line string) bool {
		return find(strangers, r.lab.release, r.session, step{section: s.command, command: line}) != nil
	}
	want := slices.DeleteFunc(slices.Clone(s.printed), stranger)
	got = slices.DeleteFunc(got, stranger)
	time.Sleep(between(r.lab.release, r.session, s))
	if find(notCompared, r.lab.release, r.session, s) != nil {
		r.lab.same.compare(s.command, want, got, asPrinted) // for the words in it
		return
	}
	in := asPrinted
	switch {
	case find(anyOrder, r.lab.release, r.session, s) != nil:
		in = anyhow
	case find(byNetwork, r.lab.release, r.session, s) != nil:
		in = networks
	}
	c := r.lab.same.compare(s.command, want, got, in)
	r.total.equal += c.equal
	r.total.of += c.of
	if len(c.diff) > 0 {
		r.total.diff = append(r.total.diff, fmt.Sprintf("@%d [%s] %s", s.line, s.where, s.command))
		r.total.diff = append(r.total.diff, c.diff...)
	}
}

// between is how much time passes between two commands. What ICMP errors there are depends on it.
func between(release sim.Release, session string, s step) time.Duration {
	switch slow := release == sim.Docker28; {
	case number(session) == "09" && s.section == "closed ports" && !slow:
		return 80 * time.Millisecond
	case number(session) == "09" && s.section == "ttl" && slow:
		return 300 * time.Millisecond
	}
	return 100 * time.Millisecond
}

var since = re(`--since \d{10} --until \d{10}`)

// ours is a command with our words and times. Events are asked for from the first on: see events.
func (r *run) ours(command string) string {
	command = strings.NewReplacer("ens33", "eth0", "dev dummy0", "dev eth0", "dev hbr", "dev eth0").Replace(r.lab.same.toOurs(command))
	return since.ReplaceAllString(command, fmt.Sprintf("--since 1 --until %d", time.Now().Unix()+1))
}

// events leaves those of a step's lines that come from the first recorded event on: --since was a
// second that had begun before, and here what one command does has one time.
func (r *run) events(s step, lines []string) []string {
	if !since.MatchString(s.command) || len(s.printed) == 0 {
		return lines
	}
	first := maskAll(r.lab.same.at, s.command, s.printed[:1])[0]
	from := slices.IndexFunc(maskAll(r.lab.same.at, s.command, lines), func(m masked) bool { return m.text == first.text && r.lab.same.may(first.words, m.words) })
	return lines[max(from, 0):]
}
