//go:build !race

package veth_test

const raceDetector = false
