package curl

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// A progress is curl's meter of one transfer. It is shown when it begins and ends, and once
// in each second of the clock.
type progress struct {
	print  func(format string, args ...any)
	hidden bool
	bar    bool

	mu      sync.Mutex
	start   time.Time // +checklocks:mu
	total   int64     // +checklocks:mu
	upTotal int64     // +checklocks:mu
	got     int64     // +checklocks:mu
	sent    int64     // +checklocks:mu
	shown   int64     // +checklocks:mu
	titled  bool      // +checklocks:mu
	running bool      // +checklocks:mu
	samples []sample  // +checklocks:mu
	stop    chan struct{}
	stopped chan struct{}
}

// A sample is how much had been transferred at a time.
type sample struct {
	at     time.Time
	amount int64
}

// maxSamples is CURR_TIME: the current speed is that of five seconds.
const maxSamples = 6

// tick is how often curl looks at the clock while it waits: each second, a little later than
// when a timer of as many seconds ends.
const tick = time.Second + 2*late

// never is a second of the clock in which nothing is shown.
const never = -1

// begin starts the meter. Sizes are not known, which is -1.
func (p *progress) begin() {
	p.mu.Lock()
	if p.running {
		p.mu.Unlock()
		return
	}
	p.start, p.total, p.upTotal, p.got, p.sent, p.shown, p.samples = time.Now(), -1, -1, 0, 0, never, nil
	p.running = true
	p.mu.Unlock()
	p.stop, p.stopped = make(chan struct{}), make(chan struct{})
	p.update()
	go p.show(p.stop, p.stopped)
}

func (p *progress) show(stop, stopped chan struct{}) {
	defer close(stopped)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.update()
		case <-stop:
			return
		}
	}
}

// add counts bytes that came.
func (p *progress) add(n int) {
	p.mu.Lock()
	p.got += int64(n)
	p.mu.Unlock()
	p.update()
}

// setTotal says how many will come.
func (p *progress) setTotal(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = n
}

// upload counts bytes that were sent.
func (p *progress) upload(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent, p.upTotal = int64(n), int64(n)
}

// done shows the end, once.
func (p *progress) done() {
	p.mu.Lock()
	if !p.running {
		p.mu.Unlock()
		return
	}
	p.running, p.shown = false, never
	p.mu.Unlock()
	close(p.stop)
	<-p.stopped
	p.update()
	if !p.hidden {
		p.print("\n")
	}
}

// update shows how things stand if the clock shows another second than before.
func (p *progress) update() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Unix() == p.shown {
		return
	}
	p.shown = now.Unix()
	if p.samples = append(p.samples, sample{now, max(p.got, p.sent)}); len(p.samples) > maxSamples {
		p.samples = p.samples[1:]
	}
	switch {
	case p.hidden:
	case p.bar:
		p.drawLocked()
	default:
		p.showLocked(now)
	}
}

// drawLocked draws the bar of -#, if the size is known.
//
// +checklocks:p.mu
func (p *progress) drawLocked() {
	const width = 72
	if p.total <= 0 {
		return
	}
	share := min(float64(p.got)/float64(p.total), 1)
	if p.got > 0 {
		p.print("\r%-*s %5.1f%%", width, strings.Repeat("#", int(width*share)), share*100)
	}
}

// showLocked prints a line of the meter.
//
// +checklocks:p.mu
func (p *progress) showLocked(now time.Time) {
	if !p.titled {
		p.titled = true
		p.print("  %% Total    %% Received %% Xferd  Average Speed   Time    Time     Time  Current\n" +
			"                                 Dload  Upload   Total   Spent    Left  Speed\n")
	}
	spent := now.Sub(p.start)
	down, up := speed(p.got, spent), speed(p.sent, spent)
	current := down + up
	if n := len(p.samples); n > 1 {
		first, last := p.samples[0], p.samples[n-1]
		current = (last.amount - first.amount) * 1000 / max(last.at.Sub(first.at).Milliseconds(), 1)
	}
	expected, moved := p.got, p.got+p.sent
	if p.total >= 0 {
		expected = p.total
	}
	if p.upTotal >= 0 {
		expected += p.upTotal
	} else {
		expected += p.sent
	}
	estimate := max(estimate(p.total, down), estimate(p.upTotal, up))
	left := int64(0)
	if estimate > 0 {
		left = estimate - int64(spent.Seconds())
	}
	p.print("\r%3d %s  %3d %s  %3d %s  %s  %s %s %s %s %s",
		percent(moved, expected), five(expected), percent(p.got, p.total), five(p.got), percent(p.sent, p.upTotal), five(p.sent),
		five(down), five(up), clock(estimate), clock(int64(spent.Seconds())), clock(left), five(current))
}

// speed is in bytes per second. Of no time it is that of a microsecond.
func speed(n int64, d time.Duration) int64 {
	return int64(float64(n) * 1e6 / float64(max(d.Microseconds(), 1)))
}

// estimate returns how many seconds all takes, 0 if that is not known.
func estimate(total, speed int64) int64 {
	if total <= 0 || speed == 0 {
		return 0
	}
	return total / speed
}

func percent(n, of int64) int64 {
	if of <= 0 {
		return 0
	}
	return n * 100 / of
}

// five prints a size in five characters.
func five(n int64) string {
	const k = 1024
	const m = k * k
	const g = m * k
	switch {
	case n < 100000:
		return fmt.Sprintf("%5d", n)
	case n < 10000*k:
		return fmt.Sprintf("%4dk", n/k)
	case n < 100*m:
		return fmt.Sprintf("%2d.%dM", n/m, n%m/(m/10))
	case n < 10000*m:
		return fmt.Sprintf("%4dM", n/m)
	case n < 100*g:
		return fmt.Sprintf("%2d.%dG", n/g, n%g/(g/10))
	}
	return fmt.Sprintf("%4dG", n/g)
}

// clock prints a time in eight characters.
func clock(seconds int64) string {
	const day = 24 * 60 * 60
	switch {
	case seconds <= 0:
		return "--:--:--"
	case seconds < 100*60*60:
		return fmt.Sprintf("%2d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	case seconds/day <= 999:
		return fmt.Sprintf("%3dd %02dh", seconds/day, seconds%day/3600)
	}
	return fmt.Sprintf("%7dd", seconds/day)
}
