package coreutils

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"io"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

func newMD5() hash.Hash    { return md5.New() }
func newSHA1() hash.Hash   { return sha1.New() }
func newSHA256() hash.Hash { return sha256.New() }

// digest is md5sum(1) and its like.
func digest(newHash func() hash.Hash) command.Func {
	return func(_ context.Context, c *command.Call) int {
		names, err := command.Getopt(c.Args[1:], nil)
		if err != nil {
			return gnu.Refuse(c, 1, err)
		}
		return gnu.Status(gnu.Each(c, names, func(in gnu.Input) error {
			h := newHash()
			if _, err := io.Copy(h, in.Reader); err != nil {
				return err
			}
			c.Printf("%x  %s\n", h.Sum(nil), in.Name)
			return nil
		}))
	}
}

// Base64 is base64(1).
func Base64(_ context.Context, c *command.Call) int {
	var decode, garbage bool
	wrap := 76
	names, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("d decode", &decode), gnu.Flag("i ignore-garbage", &garbage), gnu.Number("w wrap", "invalid wrap size", &wrap),
	})
	if err == nil && len(names) > 1 {
		err = gnu.Extra(names[1])
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	invalid := false
	failed := gnu.Each(c, names, func(in gnu.Input) error {
		text, err := gnu.ReadAll(in)
		if err != nil {
			return err
		}
		if !decode {
			c.Printf("%s", wrapped(base64.StdEncoding.EncodeToString([]byte(text)), wrap))
			return nil
		}
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
		text = strings.Map(func(r rune) rune {
			if r == '\n' || garbage && !strings.ContainsRune(alphabet, r) {
				return -1
			}
			return r
		}, text)
		out, err := base64.StdEncoding.DecodeString(text)
		c.Stdout.Write(out)
		invalid = err != nil
		return nil
	})
	if invalid {
		return c.Fail(1, "base64: invalid input\n")
	}
	return gnu.Status(failed)
}

// wrapped breaks a text into lines; 0 is one without an end.
func wrapped(text string, width int) string {
	if width == 0 {
		return text
	}
	var b strings.Builder
	for text != "" {
		n := min(width, len(text))
		b.WriteString(text[:n] + "\n")
		text = text[n:]
	}
	return b.String()
}
