//go:build race

package sim_test

// raceDetector makes tests of scale smaller: the race detector slows them tenfold.
const raceDetector = true
