package veth_test

import (
	"testing"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFollow(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t)
		defer a.Close()
		var at station
		b.Attach(&at)
		stop, err := a.Follow(veth.Schedule{
			{Impairment: veth.Impairment{Delay: ms}},
			{At: 2 * time.Second, Impairment: veth.Lossy(1)},
			{At: 7 * time.Second},
			{At: 9 * time.Second, Impairment: veth.Lossy(1)},
		})
		require.NoError(t, err)
		for n := range 12 {
			write(t, a, numbered(n))
			sleep(time.Second)
			if n == 7 {
				stop()
			}
		}
		assert.Equal(t, []int{0, 1, 7, 8, 9, 10, 11}, at.numbers())

		_, err = a.Follow(veth.Schedule{{At: -1}})
		require.EqualError(t, err, "veth: At -1ns: invalid impairment: before the step before")
		_, err = a.Follow(veth.Schedule{{Impairment: veth.Lossy(2)}})
		require.ErrorIs(t, err, veth.ErrImpairment)
		_, err = a.Follow(veth.Schedule{{At: time.Hour, Impairment: veth.Lossy(1)}, {At: 2 * time.Hour}})
		require.NoError(t, err)
		a.Close() // ends it
		sleep(3 * time.Hour)
		assert.Equal(t, veth.Impairment{}, a.Impairment())
	})
}
