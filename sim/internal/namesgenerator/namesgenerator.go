// Package namesgenerator makes names for containers that are given none, as Docker does:
// an adjective and the surname of a scientist or hacker, "jovial_ramanujan".
package namesgenerator

import "strconv"

// never is the name that Docker gives nobody: Steve Wozniak is not boring.
const never = "boring_wozniak"

// Name returns a name. random returns a number from 0 up to n; it is asked for a name again if
// one must not be. From the second attempt on to find a name that nobody has, which are counted
// from 0, a digit follows.
func Name(random func(n int) int, attempt int) string {
	name := never
	for name == never {
		name = adjectives[random(len(adjectives))] + "_" + surnames[random(len(surnames))]
	}
	if attempt > 0 {
		name += strconv.Itoa(random(10))
	}
	return name
}
