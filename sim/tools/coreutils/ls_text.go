package coreutils

import (
	"fmt"
	"io/fs"
	"strconv"
	"time"
)

// human returns a size as -h shows it: rounded up, with one digit behind the point under 10.
func human(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10)
	}
	f := float64(n)
	for _, unit := range "KMGTPE" {
		f /= 1024
		if f < 9.95 {
			return fmt.Sprintf("%.1f%c", ceil(f*10)/10, unit)
		}
		if f < 1023.5 {
			return fmt.Sprintf("%.0f%c", ceil(f), unit)
		}
	}
	return strconv.FormatInt(n, 10)
}

func ceil(f float64) float64 {
	if n := float64(int64(f)); n < f {
		return n + 1
	}
	return f
}

// timeText shows the time of files of the last six months, of others the year.
func timeText(t, now time.Time) string {
	t = t.UTC()
	const half = 31556952 / 2 * time.Second // of the mean year
	if t.After(now.Add(-half)) && !t.After(now) {
		return t.Format("Jan _2 15:04")
	}
	return t.Format("Jan _2  2006")
}

// modeText is what ls -l begins with: "-rw-r--r--".
func modeText(mode fs.FileMode) string {
	kind := byte('-')
	switch {
	case mode.IsDir():
		kind = 'd'
	case mode&fs.ModeSymlink != 0:
		kind = 'l'
	case mode&fs.ModeCharDevice != 0:
		kind = 'c'
	case mode&fs.ModeDevice != 0:
		kind = 'b'
	case mode&fs.ModeSocket != 0:
		kind = 's'
	case mode&fs.ModeNamedPipe != 0:
		kind = 'p'
	}
	text := []byte(string(kind) + mode.Perm().String()[1:])
	for _, special := range []struct {
		bit    fs.FileMode
		at     int
		letter byte
	}{{fs.ModeSetuid, 3, 's'}, {fs.ModeSetgid, 6, 's'}, {fs.ModeSticky, 9, 't'}} {
		if mode&special.bit == 0 {
			continue
		}
		if text[special.at] == 'x' {
			text[special.at] = special.letter
		} else {
			text[special.at] = special.letter - 'a' + 'A'
		}
	}
	return string(text)
}
