package iputils

import (
	"fmt"
	"math"
	"time"

	"drydock/sim/ping"
	"drydock/sim/tools/command"
)

// A tally is what has happened so far, in microseconds.
type tally struct {
	sent, received, replies int // replies has duplicates with it
	min, max, sum, squares  int64
	ewma                    int64 // moving average of the round trips, in eighths
}

// note counts an event. The average weights the latest round trip with 1/8, as TCP does.
func (p *run) note(e ping.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := &p.tally
	switch {
	case !e.From.IsValid():
		t.sent = max(t.sent, e.Seq)
		return
	case e.Err != nil:
		return
	case !e.Duplicate:
		t.received++
	}
	us := e.RTT.Microseconds()
	if t.replies++; t.replies == 1 {
		t.min, t.ewma = us, us*8
	} else {
		t.min, t.ewma = min(t.min, us), t.ewma+us-t.ewma/8
	}
	t.max, t.sum, t.squares = max(t.max, us), t.sum+us, t.squares+us*us
}

func (p *run) counted() tally {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tally
}

// answer prints how ping stands whenever a signal comes, until stop.
func (p *run) answer(signals <-chan command.Signal) (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-signals:
				p.Errorf("\r%s\n", p.status())
			case <-ended:
				return
			}
		}
	}()
	return func() {
		close(ended)
		<-done
	}
}

func (p *run) status() string {
	t := p.counted()
	loss := 0
	if t.sent > 0 {
		loss = (t.sent - t.received) * 100 / t.sent
	}
	text := fmt.Sprintf("%d/%d packets, %d%% loss", t.received, t.sent, loss)
	if t.received > 0 && p.size >= timed {
		us := func(n int64) string { return formatMS(time.Duration(n) * time.Microsecond) }
		text += fmt.Sprintf(", min/avg/ewma/max = %s/%s/%s/%s ms", us(t.min), us(t.sum/int64(t.replies)), us(t.ewma/8), us(t.max))
	}
	return text
}

// deviation is that of the round trips. s20180629 takes it from a mean that is cut off.
func (p *run) deviation(s ping.Stats) time.Duration {
	t := p.counted()
	if !p.centos || t.replies == 0 {
		return s.MDev
	}
	n := int64(t.replies)
	mean := t.sum / n
	return time.Duration(math.Sqrt(float64(t.squares/n-mean*mean))) * time.Microsecond
}

// milliseconds is the time in the summary, from which s20180629 leaves the seconds out.
func (p *run) milliseconds(d time.Duration) int64 {
	ms := d.Round(time.Millisecond).Milliseconds()
	if p.centos {
		return ms % 1000
	}
	return ms
}

// formatRTT prints at least three digits, which s20180629 cuts off.
func (p *run) formatRTT(d time.Duration) string {
	us := d.Microseconds()
	switch {
	case !p.centos:
		return formatRTT(d)
	case us >= 100000:
		return fmt.Sprint(us / 1000)
	case us >= 10000:
		return fmt.Sprintf("%d.%d", us/1000, us%1000/100)
	case us >= 1000:
		return fmt.Sprintf("%d.%02d", us/1000, us%1000/10)
	}
	return formatMS(d)
}
