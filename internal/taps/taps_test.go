package taps_test

import (
	"testing"

	"drydock/internal/taps"

	"github.com/stretchr/testify/assert"
)

func TestList(t *testing.T) {
	t.Parallel()
	var l taps.List[int]
	var a, b, made int
	show := func() { l.Show(func() int { made++; return made }) }
	assert.True(t, l.Empty())
	show()
	removeA := l.Add(func(n int) { a += n })
	removeB := l.Add(func(n int) { b += n })
	assert.False(t, l.Empty())
	show() // 1 and 2
	removeA()
	removeA()
	show() // 3
	removeB()
	show()
	assert.True(t, l.Empty())
	assert.Equal(t, []int{1, 5, 3}, []int{a, b, made})
}
