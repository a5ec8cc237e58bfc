package vars

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"mvdan.cc/sh/v3/syntax"
)

// TestSet has what assignments do to plain variables, arrays and the environment.
func TestSet(t *testing.T) {
	t.Parallel()
	s := New([]string{"B=1", "A=x=y", "1=no", "no", "B=2"}, syntax.ValidName, Order{})
	require.Equal(t, []string{"B=2", "A=x=y"}, s.Environ())
	require.NoError(t, s.Assign("C", "3"))
	require.Equal(t, []string{"B=2", "A=x=y"}, s.Environ())
	s.Change("C", func(v *Var) { v.Export = true })
	require.NoError(t, s.Unset("B"))
	require.NoError(t, s.Unset("B"))
	require.Equal(t, []string{"A=x=y", "C=3"}, s.Environ())
	require.Equal(t, []string{"A", "C"}, s.Names())

	require.NoError(t, s.AssignElement("C", "10", "ten"))
	require.NoError(t, s.AssignElement("C", "9", "nine"))
	clone := s.Clone()
	require.NoError(t, s.AssignElement("C", "9", "changed"))
	require.NoError(t, clone.UnsetElement("C", "0"))
	value, set := s.Get("C")
	require.True(t, set)
	require.Equal(t, "3", value)
	_, set = clone.Get("C")
	require.False(t, set)
	v, _ := clone.Lookup("C")
	require.Equal(t, []string{"9", "10"}, v.Keys())
	require.Equal(t, "nine", v.Elements["9"])

	s.Change("A", func(v *Var) { v.ReadOnly = true })
	for _, err := range []error{s.Assign("A", ""), s.AssignElement("A", "0", ""), s.Unset("A"), s.Clear("A", true), s.UnsetElement("A", "0")} {
		if err != nil {
			require.ErrorIs(t, err, ErrReadOnly)
		}
	}
	value, _ = s.Get("A")
	require.Equal(t, "x=y", value)
	require.NoError(t, s.Clear("M", true))
	require.NoError(t, s.AssignElement("M", "b", "1"))
	require.NoError(t, s.AssignElement("M", "a", "2"))
	v, _ = s.Lookup("M")
	require.Equal(t, []string{"a", "b"}, v.Keys())
}

// TestLocal has variables of functions, and what is there after them.
func TestLocal(t *testing.T) {
	t.Parallel()
	s := New([]string{"A=1"}, syntax.ValidName, Order{})
	require.NoError(t, s.Assign("B", "b"))
	s.Push()
	require.NoError(t, s.Local("A", true))
	require.NoError(t, s.Local("A", true))
	require.NoError(t, s.Local("B", false))
	require.NoError(t, s.Local("N", true))
	_, set := s.Get("A")
	require.False(t, set)
	value, _ := s.Get("B")
	require.Equal(t, "b", value)
	require.NoError(t, s.Assign("A", "inner"))
	require.NoError(t, s.Assign("N", "new"))
	require.Equal(t, []string{"A=inner"}, s.Environ())
	s.Pop()
	require.Zero(t, s.Depth())
	require.Equal(t, []string{"A=1"}, s.Environ())
	_, set = s.Get("N")
	require.False(t, set)
}

// TestTooBig fills a set, and again after it was emptied.
func TestTooBig(t *testing.T) {
	t.Parallel()
	s := New(nil, syntax.ValidName, Order{})
	big := strings.Repeat("x", maxSize/2)
	for range 3 {
		require.NoError(t, s.Assign("A", big))
		require.NoError(t, s.AssignElement("B", "1", big[:100]))
		require.NoError(t, s.AssignElement("B", "1", big[:len(big)-100]))
		require.ErrorIs(t, s.Assign("C", big), ErrTooBig)
		s.Push()
		require.ErrorIs(t, s.Local("A", false), ErrTooBig)
		s.Pop()
		require.NoError(t, s.Unset("A"))
		require.NoError(t, s.UnsetElement("B", "1"))
	}
	require.Zero(t, s.size)
}
