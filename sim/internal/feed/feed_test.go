package feed

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func tell(f *Feed[int], values ...int) {
	for _, v := range values {
		f.Tell(func() int { return v })
	}
}

// read returns what a listener has now.
func read(t *testing.T, l *Listener[int]) (list []int, err error) {
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for {
		v, err := l.Next(done)
		if err != nil {
			return list, err
		}
		list = append(list, v)
	}
}

func TestFeed(t *testing.T) {
	t.Parallel()
	var f Feed[int]
	tell(&f, 1, 2)
	all, even, fresh := f.Listen(func(int) bool { return true }), f.Listen(func(v int) bool { return v%2 == 0 }), f.Listen(nil)
	tell(&f, 3, 4)
	require.Equal(t, 3, f.Listeners())
	for _, tt := range []struct {
		listener *Listener[int]
		want     []int
	}{{all, []int{1, 2, 3, 4}}, {even, []int{2, 3, 4}}, {fresh, []int{3, 4}}} {
		got, err := read(t, tt.listener)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, tt.want, got)
	}
	even.Close()
	even.Close()
	tell(&f, 5)
	_, err := even.Next(t.Context())
	require.ErrorIs(t, err, ErrClosed)
	f.Close()
	tell(&f, 6)
	got, err := read(t, all)
	require.Equal(t, []int{5}, got)
	require.ErrorIs(t, err, ErrClosed)
	late, err := read(t, f.Listen(func(v int) bool { return v > 4 }))
	require.Equal(t, []int{5}, late)
	require.ErrorIs(t, err, ErrClosed)
	require.Zero(t, f.Listeners())
	all.Close()
}

func TestKept(t *testing.T) {
	t.Parallel()
	var f Feed[int]
	for i := range Kept + 10 {
		tell(&f, i)
	}
	got, _ := read(t, f.Listen(func(int) bool { return true }))
	require.Len(t, got, Kept)
	require.Equal(t, 10, got[0])
	require.True(t, slices.IsSorted(got))
	require.Equal(t, got, f.Past())
	f.Forget()
	tell(&f, 1)
	require.Equal(t, []int{1}, f.Past())
}

// TestBehind: who does not read is told so, and holds up nobody.
func TestBehind(t *testing.T) {
	t.Parallel()
	var f Feed[int]
	l := f.Listen(nil)
	for i := range queued + 2 {
		tell(&f, i)
	}
	got, err := read(t, l)
	require.ErrorIs(t, err, ErrBehind)
	require.Len(t, got, queued)
	l.Close()
}

// TestNextWaits: Next waits for what is told, in virtual time too.
func TestNextWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var f Feed[int]
		l := f.Listen(nil)
		got := make(chan int)
		go func() {
			v, err := l.Next(t.Context())
			require.NoError(t, err)
			got <- v
		}()
		synctest.Wait()
		tell(&f, 7)
		require.Equal(t, 7, <-got)
		go func() {
			_, err := l.Next(t.Context())
			require.ErrorIs(t, err, ErrClosed)
			close(got)
		}()
		synctest.Wait()
		l.Close()
		<-got
	})
}
