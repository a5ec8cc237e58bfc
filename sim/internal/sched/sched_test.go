package sched_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim/internal/sched"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A log is what happened, in order.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

// all returns the lines so far.
func (l *log) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines
}

// inBubble runs fn with the scheduler of a bubble.
func inBubble(t *testing.T, fn func(t *testing.T, s *sched.Scheduler, l *log)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, leave := sched.Enter()
		defer leave()
		fn(t, s, new(log))
	})
}

// TestOrder posts from many goroutines at one instant. Events run by source, and those of a
// source as they were posted.
func TestOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, s *sched.Scheduler, l *log) {
		var want []string
		for id := range 20 {
			for n := range 5 {
				want = append(want, fmt.Sprint(id, " ", n))
			}
			source := s.Source(uint64(id))
			go func() {
				for n := range 5 {
					source.Post(func() { l.add("%d %d", id, n) })
				}
			}()
		}
		time.Sleep(time.Microsecond)
		require.Equal(t, want, l.all())
	})
}

// TestAtRest has each event wake up a goroutine that posts another one. The goroutine has come
// to rest before the next event runs.
func TestAtRest(t *testing.T) {
	inBubble(t, func(t *testing.T, s *sched.Scheduler, l *log) {
		source := s.Source(1)
		for n := range 3 {
			woken := make(chan struct{})
			go func() {
				<-woken
				l.add("woken %d", n)
				source.Post(func() { l.add("posted %d", n) })
			}()
			source.Post(func() { l.add("event %d", n); close(woken) })
		}
		time.Sleep(time.Microsecond)
		require.Equal(t, []string{"event 0", "woken 0", "event 1", "woken 1", "event 2", "woken 2", "posted 0", "posted 1", "posted 2"}, l.all())
	})
}

// TestTurn has goroutines wait for their turns, one of which ends its wait.
func TestTurn(t *testing.T) {
	inBubble(t, func(t *testing.T, s *sched.Scheduler, l *log) {
		source := s.Source(1)
		var all sync.WaitGroup
		for _, key := range []string{"c", "a", "d", "b"} {
			all.Go(func() {
				assert.NoError(t, source.Turn(t.Context(), key))
				l.add("%s", key)
			})
		}
		ended, end := context.WithCancel(t.Context())
		end()
		require.ErrorIs(t, source.Turn(ended, "e"), context.Canceled)
		all.Wait()
		require.Equal(t, []string{"a", "b", "c", "d"}, l.all())
	})
}

// TestGoexit has an event end its goroutine, as require does in a test. The next ones run.
func TestGoexit(t *testing.T) {
	inBubble(t, func(t *testing.T, s *sched.Scheduler, l *log) {
		source := s.Source(1)
		source.Post(runtime.Goexit)
		source.Post(func() { l.add("next") })
		time.Sleep(time.Microsecond)
		require.Equal(t, []string{"next"}, l.all())
	})
}

// TestTimers sets, moves and stops timers.
func TestTimers(t *testing.T) {
	inBubble(t, func(t *testing.T, s *sched.Scheduler, l *log) {
		start := time.Now()
		source := s.Source(1)
		after := func(name string) func() {
			return func() { l.add("%s %v", name, time.Since(start).Round(time.Millisecond)) }
		}
		source.AfterFunc(2*time.Second, after("second"))
		source.AfterFunc(time.Second, after("first"))
		moved := source.AfterFunc(time.Second, after("moved"))
		moved.Reset(3 * time.Second)
		stopped := source.AfterFunc(time.Second, after("stopped"))
		require.True(t, stopped.Stop())
		require.False(t, stopped.Stop())
		past := source.AfterFunc(-time.Second, after("at once"))
		source.AfterFunc(1<<63-1, after("never"))
		time.Sleep(time.Minute)
		require.False(t, past.Stop(), "it has fired")
		require.Equal(t, []string{"at once 0s", "first 1s", "second 2s", "moved 3s"}, l.all())
	})
}

// TestEnter has all of a bubble share a scheduler, and the next bubble have another one.
func TestEnter(t *testing.T) {
	t.Parallel()
	none, leave := sched.Enter()
	require.Nil(t, none)
	leave()
	var first *sched.Scheduler
	synctest.Test(t, func(t *testing.T) {
		a, leave := sched.Enter()
		b, leaveToo := sched.Enter()
		require.Same(t, a, b)
		leave()
		leave() // does nothing
		c, leaveThird := sched.Enter()
		require.Same(t, a, c)
		leaveToo()
		leaveThird()
		first = a
	})
	synctest.Test(t, func(t *testing.T) {
		s, leave := sched.Enter()
		defer leave()
		require.NotSame(t, first, s)
	})
}
