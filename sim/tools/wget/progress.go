package wget

import (
	"fmt"
	"path"
	"strings"
	"time"

	"drydock/sim/tools/command"
)

// A progress shows how much of a document has come: dots, or on a terminal a bar.
type progress struct {
	*run
	name  string
	total int64 // -1: not known
	start time.Time
	got   int64

	dots, rows int
	rest       int64 // bytes that are no dot yet
	rowStart   time.Duration

	columns int // of the terminal, 0: there is none
	drawn   time.Time
}

const (
	dotBytes   = 1024
	dotsInLine = 50
	dotSpacing = 10
	rowBytes   = dotBytes * dotsInLine
)

func newProgress(r *run, name string, total int64) *progress {
	p := &progress{run: r, name: name, total: total, start: time.Now()}
	if tty := command.TerminalOf(r.Stderr); tty != nil {
		if _, p.columns = tty.Size(); p.columns == 0 {
			p.columns = 80
		}
	}
	return p
}

// add counts bytes and shows them.
func (p *progress) add(n int) {
	p.got += int64(n)
	switch {
	case !p.meter:
	case p.columns > 0:
		if now := time.Now(); now.Sub(p.drawn) >= redraw {
			p.drawn = now
			p.draw(false)
		}
	default:
		p.rest += int64(n)
		for ; p.rest >= dotBytes; p.rest -= dotBytes {
			p.dot()
		}
	}
}

// redraw is REFRESH_INTERVAL.
const redraw = 200 * time.Millisecond

func (p *progress) dot() {
	if p.dots == 0 {
		p.begin()
	}
	if p.dots%dotSpacing == 0 {
		p.Errorf(" ")
	}
	p.Errorf(".")
	if p.dots++; p.dots == dotsInLine {
		p.rows, p.dots = p.rows+1, 0
		p.stats(rowBytes, int64(p.rows)*rowBytes, false)
	}
}

// begin begins a row.
func (p *progress) begin() { p.Errorf("\n%6dK", p.rows*rowBytes/1024) }

// stats prints what comes after the dots of a row with so many bytes, when so many are shown
// in all.
func (p *progress) stats(bytes, shown int64, last bool) {
	if p.total > 0 {
		p.Errorf("%3d%%", shown*100/p.total)
	}
	elapsed := time.Since(p.start)
	rate, unit := rate(bytes, elapsed-p.rowStart)
	p.rowStart = elapsed
	p.Errorf(" %4.*f%c", decimals(rate), rate, " KMGT"[unit])
	switch {
	case last:
		p.Errorf("=%s", duration(elapsed))
	case p.total > 0:
		p.Errorf(" %s", eta(elapsed.Seconds()*float64(p.total-shown)/float64(shown)))
	}
}

// finish shows the end.
func (p *progress) finish() {
	switch {
	case !p.meter:
		return
	case p.columns > 0:
		p.draw(true)
		p.Errorf("\n\n")
		return
	case p.dots == 0:
		p.begin()
	}
	for i := p.dots; i < dotsInLine; i++ {
		if i%dotSpacing == 0 {
			p.Errorf(" ")
		}
		p.Errorf(" ")
	}
	p.stats(int64(p.dots)*dotBytes+p.rest, p.got, true)
	p.Errorf("\n\n")
}

// resolution is half of that of wget's clock, by which it divides when no time has passed.
const resolution = 0.5e-9

// rate returns a speed in a unit of 1024 bytes to the power of unit per second.
func rate(bytes int64, d time.Duration) (rate float64, unit int) {
	seconds := d.Seconds()
	if seconds == 0 {
		seconds = resolution
	}
	rate = float64(bytes) / seconds
	for rate >= 1024 && unit < 4 {
		rate /= 1024
		unit++
	}
	if unit == 4 {
		rate = min(rate, 99.99) // as wget has it
	}
	return rate, unit
}

func decimals(rate float64) int {
	switch {
	case rate >= 99.95:
		return 0
	case rate >= 9.995:
		return 1
	}
	return 2
}

// speed returns the speed of all, as the last line has it.
func (p *progress) speed() string {
	rate, unit := rate(p.got, time.Since(p.start))
	return fmt.Sprintf("%.*f %s", decimals(rate), rate, []string{"B/s", "KB/s", "MB/s", "GB/s", "TB/s"}[unit])
}

// duration prints how long it took.
func duration(d time.Duration) string {
	s := d.Seconds()
	switch {
	case s >= 10:
		return eta(s)
	case s == 0:
		return "0s"
	case s < 0.001:
		return fmt.Sprintf("%.*fs", 2-exponent(s), s)
	case s < 0.01:
		return fmt.Sprintf("%.3fs", s)
	case s < 0.1:
		return fmt.Sprintf("%.2fs", s)
	}
	return fmt.Sprintf("%.1fs", s)
}

// exponent is the place of the first digit.
func exponent(s float64) (e int) {
	for s < 1 && e > -9 {
		s *= 10
		e--
	}
	return e + 2
}

// eta prints seconds, with minutes, hours and days.
func eta(seconds float64) string {
	n := int64(seconds + 0.5)
	switch {
	case n < 100:
		return fmt.Sprintf("%ds", n)
	case n < 100*60:
		return fmt.Sprintf("%dm%ds", n/60, n%60)
	case n < 48*3600:
		return fmt.Sprintf("%dh%dm", n/3600, n/60%60)
	}
	return fmt.Sprintf("%dd%dh", n/86400, n/3600%24)
}

// draw draws the bar: name, share, arrow, size, speed, time.
func (p *progress) draw(done bool) {
	const decorations = 4 + 2 + 8 + 10 + 15 // percent, brackets, size, speed, time
	width := p.columns - 1
	field := width/4 + 1
	inside := max(width-field-decorations, 5)
	name := path.Base(p.name)
	if p.name == "-" {
		name = "-"
	}
	if len(name) > field-1 {
		name = name[:field-1]
	}
	percent, bar := "    ", " <=>"
	if p.total > 0 {
		percent = fmt.Sprintf("%3d%%", p.got*100/p.total)
		if filled := int(int64(inside) * p.got / p.total); filled > 0 {
			bar = strings.Repeat("=", filled-1) + ">"
		} else {
			bar = ""
		}
	}
	elapsed := time.Since(p.start)
	speed := "--.-KB/s"
	if elapsed >= redraw {
		rate, unit := rate(p.got, elapsed)
		speed = fmt.Sprintf("%4.*f%s", decimals(rate), rate, []string{"B/s", "KB/s", "MB/s", "GB/s", "TB/s"}[unit])
	}
	end := ""
	switch {
	case done:
		end = "    in " + duration(elapsed)
	case p.total > 0 && p.got > 0 && elapsed >= 3*time.Second:
		end = "    eta " + eta(elapsed.Seconds()*float64(p.total-p.got)/float64(p.got))
	}
	p.Errorf("\r%-*s%s[%-*s] %7s  %8s%-15s", field, name, percent, inside, bar, grouped(p.got), speed, end)
}

// grouped prints a size as the bar does.
func grouped(n int64) string {
	f, unit := float64(n), -1
	for f >= 1024 && unit < 3 {
		f /= 1024
		unit++
	}
	if unit < 0 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%.2f%c", f, "KMGT"[unit])
}
