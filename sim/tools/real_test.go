package tools_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"drydock/sim/internal/files"
	"drydock/sim/tools"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// texts are the files on which lines work.
var texts = map[string]string{
	"a":   "one two three\nfour five\n\nOne\tTwo\nzwölf\nlast 10 -3\n",
	"b":   "10 b\n9 a\n9 a\n1.5 c\n-2 d\n  3 e\n",
	"c":   "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nnobody:x:65534:65534::/:/bin/false\n",
	"e":   "",
	"n":   "no newline",
	"k":   "a 3 x\nb 1 y\na 2 z\nB 1 x\n",
	"h":   "#!/bin/sh\nlisten 80;\nserver {\n  name web;\n}\n# end\n",
	"d/f": "in a directory\n", "d/g/h": "deeper\n",
}

// realLines are run by real programs and by these, which must print the same.
var realLines = []string{
	// cat, head, tail, tac, nl, tee, paste.
	"cat a n e", "cat -n a", "cat -b a b", "cat -s a", "cat -E n a", "cat -T a", "cat nosuch a", "cat d", "cat -Q a", "cat - a < b", "echo x | cat", "cat --number n",
	"head -n 2 a", "head -2 a", "head a b", "head -n -2 a", "head -c 5 a", "head -c -5 a", "head -q -n1 a b", "head -v -n1 n", "head -n x a", "head nosuch", "head -n 1 nosuch a", "head -c 2K a | wc -c",
	"tail -n 2 a", "tail -1 n", "tail a b", "tail -n +3 a", "tail -c 5 a", "tail -c +5 n", "tail -n 0 a", "tail -n x a", "tail nosuch", "tail -q -n1 a b", "seq 20 | tail -3 | head -1",
	"tac a", "tac n a", "nl a", "nl -b a a", "echo x | tee t u; cat t u; echo y | tee -a t; cat t", "tee nosuch/x < a", "paste a b", "paste -d, a b k", "paste -s -d: b",
	// sort, uniq, wc.
	"sort a", "sort -r b", "sort -n b", "sort -nr b", "sort -u b", "sort -n -u b", "sort -k2 b", "sort -k 2,2 -k 1,1n k", "sort -t: -k3n c", "sort -t: -k3,3nr c", "sort -t : -k 7 c", "sort -f k", "sort -fu k",
	"sort -k1,1 -s k", "sort nosuch", "sort -k0 a", "sort -k x a", "sort -t ab a", "sort -c b", "sort -c e && echo ok", "sort -o t b; cat t", "printf '2K\\n1M\\n3\\n' | sort -h", "sort -b -k2 b", "sort -k2.2,2.3 k", "sort n a",
	"uniq b", "sort b | uniq -c", "uniq -d b", "uniq -u b", "uniq -i k", "uniq -f1 b", "uniq -s 2 k", "uniq b t; cat t", "uniq a b c", "uniq nosuch", "printf 'a\\nA\\n' | uniq -ci",
	"wc a", "wc -l a", "wc -lw a b", "wc < a", "wc -c < a", "cat a | wc", "wc -m a", "wc -L a b", "wc nosuch a", "wc e", "wc d", "cat a | wc -w", "wc -lc n e",
	// cut, tr.
	"cut -d: -f1 c", "cut -d: -f1,3- c", "cut -d : -f 2-3 c", "cut -c1-3 a", "cut -c 2,4- b", "cut -b-2 b", "cut -f1 a", "cut -f2 -s a", "cut -d: -f1 --complement c", "cut -d: -f1,7 --output-delimiter=- c", "cut a", "cut -f0 a", "cut -f x a", "cut -d ab -f1 a", "cut -c1 -f1 a", "cut -f 3-2 a",
	"tr a-z A-Z < a", "tr -d '\\n' < a", "tr -s ' ' < b", "tr '[:lower:]' '[:upper:]' < a", "tr -c 'a-z\\n' . < a", "tr -cd '0-9\\n' < b", "tr abc x < a", "tr -s '\\n' < a", "tr 'a\\t' '\\101_' < a", "tr '[a*3]b' 'xyzw' <<E\naab\nE", "tr a-c 'x[y*]' < k", "tr a", "tr", "tr z-a x < a", "tr -d a b < a", "tr -t abc x < a", "tr '[:foo:]' x < a", "tr -ds a-c ' ' < k",
	// echo, printf, seq, expr, test.
	"env echo -e 'a\\tb\\c' x", "env echo -n a; env echo", "env printf '%s|%5d|%-5s|%x\\n' a 7 b 255", "env printf '%d\\n' x; echo $?", "env printf '%d\\n' 1x", "env printf %q 'a b'", "env printf '%s\\n' 1 2 3", "env printf; echo $?", "env printf '%z'; echo $?",
	"seq 3", "seq 2 4", "seq 1 2 6", "seq 3 -1 1", "seq -s, 3", "seq -w 8 10", "seq 1 .5 2", "seq 0", "seq x", "seq 1 0 2", "seq", "seq 1 2 3 4", "seq -1 1", "seq 1.0 2",
	"expr 1 + 2", "expr 7 / 2 \\* 2", "expr 5 % 3", "expr 1 = 1", "expr a \\< b", "expr abc : 'a\\(.\\)'", "expr abc : 'a.'", "expr length abc", "expr substr abcd 2 2", "expr index abc c", "expr 1 / 0", "expr a + 1", "expr", "expr 1 +", "expr \\( 1 + 2 \\) \\* 3", "expr 0 \\| 5", "expr 0 \\& 5", "expr 3 2",
	"env test a = a && echo y", "env [ 1 -lt 2 ] && echo y", "env [ 1; echo $?", "env test 1 -eq x; echo $?", "env test -d d -a -f a; echo $?", "env test a b c; echo $?",
	// Files.
	"ls", "ls -a", "ls -A d", "ls d a nosuch", "ls -d d", "ls -R d", "ls -r", "ls -1 d", "ls -F", "ls -p", "ls -S a b n", "ls nosuch; echo $?", "ls -ld d | cut -c1-10", "ls -C", "ls -CF d",
	"mkdir x; ls -d x; mkdir x; mkdir y/z; mkdir -p y/z/w y; ls -R y; mkdir; mkdir -v v", "rmdir d; rmdir nosuch; mkdir x; rmdir x; ls; rmdir a", "rm a; ls; rm a; rm -f a nosuch; rm d; rm -r d; ls; rm; rm -f", "rm -v a; rm -rv d", "rm -d d; mkdir x; rm -d x; ls",
	"cp a x; cat x; cp a d; ls d; cp a b; cat b; cp d x; cp -r d y; ls -R y; cp a b nosuch; cp; cp a; cp a a; cp nosuch y; cp d/f a d/g; ls d/g", "cp -r d d/x", "cp -v a x", "mv a x; ls; mv x d; ls d; mv d y; ls y; mv nosuch y; mv; mv b; mv b b; mv -v b z", "mv y y/x; mv d d/x", "mv -n a b; cat b; ls a",
	"touch x y; ls x y; touch -c z; ls z; touch; touch nosuch/x", "basename /a/b.c .c; basename a/; basename; basename -a x/y z; basename -s .c a.c b.c; basename /; basename a b c", "dirname /a/b c / a// /x; dirname", "realpath . | wc -l; realpath nosuch/x", "mktemp -d x.XXXXXX | cut -c1-2; mktemp y.X",
	// Others.
	"date -u -d @0", "date -u -d @86399 '+%Y-%m-%d %H:%M:%S %j %a %A %b %B %e %p %I %y %s %u %w %%'", "date -u -d '2024-02-29 12:30' +%FT%T", "date -u -d '2024-01-31' -R", "date -d nonsense", "date -u -d @1000000000 '+%-d %_m %k %l %N %V %C %D %c %x %X %r %R %h %n%t|%Z %z %P %G' | cut -c1-60",
	"env -i A=1 B=2 env", "env -u HOME env | grep HOME", "env nosuch", "env -i", "env - A=1 env", "env -Q", "A=1 printenv A; printenv NOSUCH; echo $?", "env A=1 sh -c 'echo $A'", "env -C d pwd | tail -c 3",
	"timeout 1 sleep 10; echo $?", "timeout 5 echo a; echo $?", "timeout 1; timeout x y; echo $?", "timeout 1 nosuch; echo $?", "timeout -s INT 0.1 sleep 5; echo $?", "sleep x; sleep; sleep 0.01; echo $?", "true x; false; echo $?",
	"uname; uname -s -m; uname -Q; uname x", "tty; tty -s; echo $?", "echo abc | base64; echo YWJjCg== | base64 -d; base64 -w 5 a; echo '!!' | base64 -d", "md5sum a e; sha256sum n; sha1sum nosuch; cat a | md5sum", "nproc x", "stty size", "yes | head -2; yes a b | head -1",
	// grep.
	"grep o a", "grep -i ONE a", "grep -v o a", "grep -n o a", "grep -c o a b e", "grep -o '[0-9]*' b", "grep -q o a; echo $?", "grep -q zz a; echo $?", "grep zz a nosuch; echo $?", "grep -s zz nosuch; echo $?", "grep -l o a b e", "grep -L o a b e", "grep -w one a", "grep -w o a", "grep -x four.five a", "grep -A1 four a", "grep -B1 four a", "grep -C1 -n four a", "grep -A1 a b", "grep -n -A0 -B0 9 b",
	"grep -e one -e five a", "grep -E 'one|five' a", "grep 'one\\|five' a", "grep -E '^(r|d).*n$' c", "grep '^$' -c a", "grep -F . b", "grep -F '[' a; echo $?", "grep 'a\\{2\\}' a", "grep -E 'o{2}' c", "grep '[[:digit:]]\\+' b", "grep '[^a-z:]' c", "grep -r deep .", "grep -r e d", "grep -rl e d", "grep -rh e d", "grep -rn --include=f e d", "grep -H one a", "grep -h one a b", "grep -m1 o a", "grep one < a", "grep -H one < a", "grep d d", "cat a | grep -c ''", "grep '\\(a' a; echo $?", "grep -E '(a' a; echo $?", "grep '[a' a; echo $?", "grep '\\<t' a", "grep 'e\\b' a", "grep -on 'o' a", "grep -oi one a", "grep -vc o a", "grep; echo $?", "egrep 'a|b' b; fgrep 1.5 b", "grep -e '' e; echo $?", "grep -x '' a", "grep '*' a; echo $?", "grep 'a*' n", "grep -o 'l*' n", "grep -c x d/f nosuch", "grep -A x a", "printf 'a\\nb\\n' | grep -f - a", "grep -o ^o a",
	// sed.
	"sed p n", "sed -n 2p a", "sed -n '2,3p' a", "sed -n '$p' a", "sed -n '/four/,/last/p' a", "sed 's/o/0/' a", "sed 's/o/0/g' a", "sed 's/o/0/2' a", "sed -n 's/one/1/p' a", "sed 's/ONE/x/i' a", "sed -E 's/([a-z]+) ([a-z]+)/\\2 \\1/' a", "sed 's/\\([a-z]*\\) /[&]\\1/' a", "sed 's|/|:|g' c", "sed '/^$/d' a", "sed '1d;3d' a", "sed -e 1d -e '$d' a", "sed '/one/!d' a", "sed 's/a/b/;s/b/c/' k",
	"sed '2i\\\nnew' a", "sed '2i new line' a", "sed '2a after' n a", "sed '2c changed' a", "sed '2,3c changed' a", "sed '$a end' n", "sed 'y/abc/xyz/' k", "sed -n '$=' a", "sed = n", "sed 2q a", "sed -n '2{p;q}' a", "sed '3Q' a; echo $?", "sed 'q5' a; echo $?", "sed N\\;N\\;s/\\\\n/,/g a", "sed -n 'H;${x;s/\\n/,/g;p}' a", "sed G k", "sed '1~2d' a", "sed -n '2~2p' a", "sed '0,/o/d' a", "sed -n '/four/,+1p' a", "sed '2,~3d' a", "sed -n '/one/{n;p}' a", "sed ':a;N;$!ba;s/\\n/ /g' a", "sed 's/[aeiou]/\\U&/g' k", "sed 's/\\(.\\)\\(.*\\)/\\u\\1\\L\\2/' k", "sed -i s/o/0/ a b; cat a b", "sed -i.bak 1d a; cat a a.bak", "sed -n l a", "sed 's/x/\\n/' k", "sed 's/ /\\\n/' k", "sed -s -n '$p' a b", "sed -n '$p' a b", "sed 's/a/b/w t' k; cat t", "sed '1r b' k", "sed -n '/a/=' k", "sed 'D' k", "sed '$!N;P;D' a", "sed 's/.*/\"&\"/' k", "sed '/listen/s/80/8080/' h", "sed 's/^[ \\t]*//' b", "sed -n '/server/,/}/p' h", "sed '/^#/d;/^$/d' h", "sed 's/a\\|b/X/g' k", "sed -E 's/a|b/X/g' k", "sed '/a/{/3/d}' k", "sed -e '/a/b' -e 's/b/X/' k", "sed 't;s/a/b/;ta' k", "sed -n '/x$/p' k", "sed 's/$/ end/' k", "sed 's/^/> /' a", "sed -z 's/\\n/,/g' k", "sed '1!G;h;$!d' k", "sed 's,a,\\,,' k", "sed 's/\\./,/' b", "sed x k", "sed -n '2,1p' k", "sed '/a/,/a/d' k", "sed 's/e*/x/g' n",
	"sed p nosuch a; echo $?", "sed k a", "sed 's/a/b' a", "sed 's/a/b/x' a", "sed '{p' a", "sed 'p}' a", "sed 'bx' a", "sed 's/\\(a/b/' a", "sed 's/a/\\1/' a", "sed 'y/ab/c/' a", "sed pp a", "sed a", "sed '/a' a", "sed '0p' a", "sed 's/a/b/0' a", "sed 1,p a", "sed '1!!p' a", "sed 3 a", "sed p d",
	// awk, of which other implementations have other words for faults.
	"awk '{print $1}' a", "awk -F: '{print $1, $NF}' c", "awk 'NR==2' a", "awk '/four/' a", "awk '{s+=$1} END {print s}' b", "awk 'END {print NR}' a", "awk -v x=5 'BEGIN {print x*2}'", "awk '{printf \"%s-%d\\n\", $1, NF}' a", "awk '{a[$1]++} END {for (k in a) print k, a[k]}' k | sort", "awk 'BEGIN {for (i=0;i<3;i++) print i}'", "awk '{gsub(/o/,\"0\"); print}' a", "awk -F'[: ]' '{print $2}' c", "awk 'length > 5' a", "awk '{print toupper($0)}' k", "awk 'BEGIN {print substr(\"hello\",2,3), index(\"abc\",\"c\"), length(\"xyz\")}'", "awk '{$2=\"\"; print}' k", "awk '!seen[$0]++' b", "awk 'NR>1 && NR<4' a", "awk 'BEGIN {OFS=\"-\"} {print $1,$2}' k", "awk '$2 > 1' k", "cat a | awk 'NF'", "awk 'BEGIN {exit 3}'; echo $?", "awk '{print $1}' n a",
	// find, xargs, which, kill, ps.
	"find . | sort", "find d", "find . -name '*f'", "find . -type d | sort", "find d -maxdepth 1", "find . -mindepth 2 | sort", "find . -type f -name '[a-c]' | sort", "find nosuch", "find d -name g -prune -o -print", "find . -empty", "find d -exec echo x {} ';'", "find d -depth", "find d -delete; ls", "find -name", "find . -foo", "find d ! -name f", "find d \\( -name f -o -name h \\) -print", "find . -size +1k", "find . -iname A", "find d -path '*g*'",
	"echo a b c | xargs", "echo a b | xargs -n1 echo x", "printf 'a\\nb c\\n' | xargs -I{} echo '<{}>'", "printf 'a\\0b c\\0' | xargs -0 -n1", "echo a | xargs -t echo", "echo a | xargs nosuch; echo $?", "xargs -r echo x < e", "echo \"'a b' c\" | xargs -n1", "which ls cat nosuch; echo $?", "which -a sh | head -1 | wc -l; which; echo $?", "env kill -l 9; env kill -l TERM", "env kill 99999999; echo $?", "env kill x", "pgrep nosuchprogram; echo $?; pgrep; pidof nosuchprogram; echo $?", "clear | wc -c", "less a; less nosuch; less n a",
}

// rootLines are of that kind where the real ones are run by root: they show who one is.
var rootLines = []string{
	"ls -l a n | cut -c1-24", "ls -l e | cut -d' ' -f1-5", "ls -lh a | cut -d' ' -f1-5", "id -u; id -un; id -g; id nosuch; whoami",
}

// TestLikeTheRealOnes runs lines by the real programs that are installed, and by these.
func TestLikeTheRealOnes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dash", "grep", "sed", "mawk", "find", "base64"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
	env := []string{"HOME=/root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC", "TERM=xterm"}
	layer := fstest.MapFS{}
	for name, text := range texts {
		layer["work/"+name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	for _, dir := range []string{"work", "work/d", "work/d/g"} {
		layer[dir] = &fstest.MapFile{Mode: fs.ModeDir | 0o755}
	}
	commands := tools.Default()
	lines := realLines
	if os.Getuid() == 0 {
		lines = slices.Concat(lines, rootLines)
	}
	for _, line := range lines {
		dir := t.TempDir()
		for name, text := range texts {
			at := filepath.Join(dir, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o755))
			require.NoError(t, os.WriteFile(at, []byte(text), 0o644))
		}
		real := exec.Command("dash", "-c", line)
		real.Dir, real.Env = dir, env
		var want, got result
		real.Stdout, real.Stderr = &want.stdout, &want.stderr
		var exit *exec.ExitError
		if err := real.Run(); errors.As(err, &exit) {
			want.status = exit.ExitCode()
		}
		m := &realMachine{files: files.New(files.Options{Layers: []fs.FS{layer, files.Debian()}, Limits: files.Limits{Bytes: 8 << 20, Files: 1000}})}
		m.processes.Init([]string{"init"})
		call := &command.Call{Machine: m, Args: []string{"dash", "-c", line}, Dir: "/work", Env: env, Stdout: &got.stdout, Stderr: &got.stderr}
		got.status = commands.Run(t.Context(), call)
		assert.Equal(t, want.String(), got.String(), line)
	}
}

// A result is what a program prints and returns.
type result struct {
	stdout, stderr bytes.Buffer
	status         int
}

func (r *result) String() string {
	return r.stdout.String() + "-- " + r.stderr.String() + "-- " + string(rune('0'+r.status%10))
}

type realMachine struct {
	command.Machine
	files     command.Files
	processes command.Processes
}

func (m *realMachine) Hostname() string              { return "web" }
func (m *realMachine) FS() command.Files             { return m.files }
func (m *realMachine) Processes() *command.Processes { return &m.processes }
