package nat

import (
	"iter"
	"maps"
)

// Layers are a map of which a copy costs about the square root of what is in it: the bottom is shared by
// all copies and does not change, the top has what is different. Tables and sets are copied for each
// edit, and thousands of edits make one of thousands of chains or elements. The zero layers are empty.
type layers[K comparable, V any] struct {
	bottom map[K]V
	top    map[K]layered[V]
	n      int
}

type layered[V any] struct {
	value V
	gone  bool
}

// clone returns a copy that may change, as may the original.
func (m *layers[K, V]) clone() layers[K, V] {
	if c := len(m.top); c*c <= 2*len(m.bottom) {
		return layers[K, V]{m.bottom, maps.Clone(m.top), m.n}
	}
	return layers[K, V]{maps.Collect(m.all()), nil, m.n}
}

func (m *layers[K, V]) get(k K) (v V, ok bool) {
	if len(m.top) > 0 {
		if l, ok := m.top[k]; ok {
			return l.value, !l.gone
		}
	}
	v, ok = m.bottom[k]
	return v, ok
}

func (m *layers[K, V]) set(k K, v V) {
	if _, ok := m.get(k); !ok {
		m.n++
	}
	m.put(k, layered[V]{value: v})
}

func (m *layers[K, V]) delete(k K) {
	if _, ok := m.get(k); ok {
		m.n--
		m.put(k, layered[V]{gone: true})
	}
}

func (m *layers[K, V]) put(k K, l layered[V]) {
	if m.top == nil {
		m.top = make(map[K]layered[V])
	}
	m.top[k] = l
}

// all yields everything, in no order.
func (m *layers[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for k, v := range m.bottom {
			if _, ok := m.top[k]; !ok && !yield(k, v) {
				return
			}
		}
		for k, l := range m.top {
			if !l.gone && !yield(k, l.value) {
				return
			}
		}
	}
}
