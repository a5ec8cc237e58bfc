package recorded

import (
	"slices"
	"strings"

	"drydock/sim"
)

// names has which of our words the recorded ones stand for, by the mask that found them.
type names struct {
	at             place
	ours, recorded map[string]string
	full           map[string]string // our whole IDs, by their first digits
}

func newNames(release sim.Release) *names {
	return &names{place{release: release}, make(map[string]string), make(map[string]string), make(map[string]string)}
}

// may tells whether the words of two masked lines may stand for each other.
func (n *names) may(recorded, ours []word) bool {
	for i, r := range recorded {
		if o, known := n.ours[r.key()]; known && o != ours[i].text {
			return false
		}
		if o, known := n.recorded[ours[i].key()]; known && o != r.text {
			return false
		}
	}
	return true
}

// learn remembers words that may stand for each other.
func (n *names) learn(recorded, ours []word) {
	for i, r := range recorded {
		n.ours[r.key()], n.recorded[ours[i].key()] = ours[i].text, r.text
		if len(ours[i].full) == 64 {
			n.full[ours[i].text] = ours[i].full
		}
	}
}

// forget removes what is true for one command only.
func (n *names) forget() {
	for _, m := range []map[string]string{n.ours, n.recorded} {
		for k := range m {
			if strings.HasPrefix(k, ofOneCommand) {
				delete(m, k)
			}
		}
	}
}

// toOurs replaces the words in a recorded command by ours.
func (n *names) toOurs(command string) string {
	for _, m := range masks {
		if m.names == "" {
			continue
		}
		command, _ = m.replace(command, command, func(w word) string {
			ours, known := n.ours[w.key()]
			whole, ok := n.full[ours]
			switch {
			case !known:
				return w.full
			case ok && len(w.full) == 64:
				return whole
			}
			return ours
		})
	}
	return command
}

// A comparison is how many lines of what a command printed are equal, of how many.
type comparison struct {
	equal, of int
	diff      []string // the lines that are not, with "-" those that were recorded and "+" ours
}

// An order is what lines are compared in.
type order int

const (
	asPrinted order = iota
	anyhow          // every line may be anywhere
	networks        // as printed are the rules of one network in one chain
)

// compare compares what a command printed.
func (n *names) compare(command string, recorded, ours []string, in order) (c comparison) {
	defer n.forget()
	recorded, ours = sortContainers(command, n.dropped(recorded)), sortContainers(command, n.dropped(ours))
	want, got := maskAll(n.at, command, recorded), maskAll(n.at, command, ours)
	var pairs [][2]int
	switch in {
	case asPrinted:
		pairs = pairsInOrder(want, got)
	case anyhow:
		pairs = n.pairsAnyhow(want, got)
	case networks:
		groups := groupsOf(want)
		groupsOf(got)
		pairs = inGroupOrder(n.pairsAnyhow(want, got), groups)
	}
	wantPaired, gotPaired := make([]bool, len(want)), make([]bool, len(got))
	for _, p := range pairs {
		w, g := want[p[0]], got[p[1]]
		if n.may(w.words, g.words) {
			n.learn(w.words, g.words)
			wantPaired[p[0]], gotPaired[p[1]] = true, true
			c.equal++
		}
	}
	c.of = len(want)
	for i, j := 0, 0; i < len(want) || j < len(got); {
		switch {
		case i < len(want) && !wantPaired[i]:
			c.diff = append(c.diff, "-"+want[i].line)
			i++
		case j < len(got) && !gotPaired[j]:
			c.diff = append(c.diff, "+"+got[j].line)
			j++
		default:
			i, j = i+1, j+1
		}
	}
	if extra := len(got) - len(want); extra > 0 {
		c.of += extra
	}
	return c
}

// pairsAnyhow pairs lines with equal ones that stand anywhere.
func (n *names) pairsAnyhow(want, got []masked) (pairs [][2]int) {
	taken := make([]bool, len(got))
	for i, w := range want {
		for j, g := range got {
			if !taken[j] && w.text == g.text && n.may(w.words, g.words) {
				taken[j] = true
				pairs = append(pairs, [2]int{i, j})
				break
			}
		}
	}
	return pairs
}

var (
	tableRE  = re(`^(\*\w+|table \w+ \S+ \{)$`)
	chainRE  = re(`^(?:\t(?:chain|map) (\S+) \{|-A (\S+) .*)$`)
	bridgeRE = re(`br-[0-9a-f]{12}|docker0|\bbr[a-z]\b`)
)

// groupsOf returns by line the chain and the network that it is of, and makes the place, the table and the chain, a part of what is
// compared.
func groupsOf(list []masked) (groups []string) {
	var table, chain masked
	for i, m := range list {
		switch c := chainRE.FindStringSubmatch(m.line); {
		case tableRE.MatchString(m.line):
			table, chain = m, masked{}
		case c != nil && c[1] != "":
			chain = m
		}
		place := table.line + " " + chain.line
		if c := chainRE.FindStringSubmatch(m.line); c != nil && c[2] != "" {
			place += " " + c[2]
		}
		groups = append(groups, place+" "+bridgeRE.FindString(m.line))
		if m.line != table.line && m.line != chain.line {
			list[i].text = table.text + " " + chain.text + " " + m.text
			list[i].words = slices.Concat(table.words, chain.words, m.words)
		}
	}
	return groups
}

// inGroupOrder leaves the pairs that come in one order in each group of the first ones.
func inGroupOrder(pairs [][2]int, groups []string) (list [][2]int) {
	last := make(map[string]int)
	for _, p := range pairs {
		if at, ok := last[groups[p[0]]]; !ok || at < p[1] {
			list = append(list, p)
			last[groups[p[0]]] = p[1]
		}
	}
	return list
}

// pairsInOrder returns a longest common subsequence.
func pairsInOrder(want, got []masked) (pairs [][2]int) {
	same := func(a, b masked) bool { return a.text == b.text }
	length := make([][]int, len(want)+1)
	for i := range length {
		length[i] = make([]int, len(got)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			if same(want[i], got[j]) {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(want) && j < len(got); {
		switch {
		case same(want[i], got[j]):
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}

// dropped returns lines without those that are not compared.
func (n *names) dropped(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		return slices.ContainsFunc(drops, func(d mask) bool { return d.at.MatchString(n.at.step) && d.find.MatchString(line) })
	})
}

var containerRE = re(`^ +"[0-9a-f]{64}": \{$`)

// sortContainers puts the containers of docker network inspect, which are sorted by their IDs, in the order
// of their names.
func sortContainers(command string, lines []string) []string {
	from := slices.IndexFunc(lines, containerRE.MatchString)
	if from < 0 || !strings.Contains(command, "network inspect") {
		return lines
	}
	indent, _, _ := strings.Cut(lines[from], `"`)
	to := from
	var blocks [][]string
	for ; to < len(lines) && strings.HasPrefix(lines[to], indent); to++ {
		if containerRE.MatchString(lines[to]) {
			blocks = append(blocks, nil)
		}
		blocks[len(blocks)-1] = append(blocks[len(blocks)-1], strings.Replace(lines[to], indent+"},", indent+"}", 1))
	}
	slices.SortFunc(blocks, func(a, b []string) int { return strings.Compare(a[1], b[1]) })
	return slices.Concat(lines[:from], slices.Concat(blocks...), lines[to:])
}

// linesOf returns those of a text, without what is before a carriage return's newline.
func linesOf(text string) []string {
	if text == "" {
		return nil
	}
	return slices.Collect(func(yield func(string) bool) {
		for line := range strings.SplitSeq(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n") {
			if !yield(line) {
				return
			}
		}
	})
}
