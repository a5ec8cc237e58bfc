// Package bubble knows what lives in testing/synctest bubbles. The runtime ends a bubble in
// which nothing can go on by a panic that shows goroutines, of which most are the emulation's;
// with this package the test can be told in its own words what they wait for.
package bubble

import (
	"bytes"
	"runtime"
	"slices"
	"strconv"
	"sync"
)

// A Plight returns what of its owner keeps a bubble from going on, a line each. If ended,
// the function of the test has returned.
type Plight func(ended bool) []string

// A resident is something that lives in a bubble.
type resident struct {
	who    any
	plight Plight
}

var (
	mu        sync.Mutex
	residents = make(map[string][]resident) // +checklocks:mu; by bubble, in the order in which they came
)

// Current returns the name of the bubble that the caller runs in, "" outside of all. Only
// the header of its stack trace tells: "goroutine 7 [running, synctest bubble 1]:". The
// runtime numbers bubbles through and does not use a number twice.
func Current() string {
	_, name, _ := bytes.Cut(header(), []byte("synctest "))
	name, _, _ = bytes.Cut(name, []byte("]"))
	return string(name)
}

// Goroutine returns the number of the calling goroutine. Those that a goroutine starts one
// after the other have numbers that grow, unless it changes its processor meanwhile.
func Goroutine() int {
	number, _, _ := bytes.Cut(bytes.TrimPrefix(header(), []byte("goroutine ")), []byte(" "))
	n, _ := strconv.Atoi(string(number))
	return n
}

// header returns the first line of the caller's stack trace.
func header() []byte {
	var b [100]byte
	line, _, _ := bytes.Cut(b[:runtime.Stack(b[:], false)], []byte("\n"))
	return line
}

// Enter notes that who lives in the current bubble, and returns what notes its end; that
// may be called from anywhere, and more than once. Outside of bubbles nothing is noted.
func Enter(who any, plight Plight) (leave func()) {
	name := Current()
	if name == "" {
		return func() {}
	}
	mu.Lock()
	defer mu.Unlock()
	residents[name] = append(residents[name], resident{who, plight})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		left := slices.DeleteFunc(residents[name], func(r resident) bool { return r.who == who })
		if residents[name] = left; len(left) == 0 {
			delete(residents, name)
		}
	}
}

// Plights returns what keeps a bubble from going on. It may be called from outside.
func Plights(name string, ended bool) (lines []string) {
	mu.Lock()
	list := slices.Clone(residents[name])
	mu.Unlock()
	for _, r := range list {
		lines = append(lines, r.plight(ended)...)
	}
	return lines
}
