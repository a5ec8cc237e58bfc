package shell_test

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"drydock/sim/tools/command"

	"github.com/stretchr/testify/assert"
)

// lines are run by the real shells and by these, which must print the same.
var lines = []string{
	"", "nosuch", "cat < /nosuch", "echo x > /nosuch/x", "echo x > .", "set -u; echo $x", "echo ${x:?}", "echo ${x?}", "echo ${x:?mm}; echo no",
	"echo $((1/0)); echo no", "if", `echo "a`, "cd /nosuch", "exit x", "./nosuch", ". /nosuch; echo no", "shift 5; echo $?", "return; echo a", "break; echo a",
	"unset 1; echo a", "readonly x=1; x=2; echo no", "trap x FOO; echo $?", "wait 77; echo $?", "kill 0x; echo $?", "kill 9999999; echo $?",
	"kill -s FOO 1; echo $?", "read 1a; echo $?", "test 1 -eq a; echo $?", "test a b; echo $?", "[ 1; echo $?", "type cd nosuch; echo $?",
	"command -v cd nosuch; echo $?", "printf %d x; echo $?", "printf %d 1x; echo $?", "printf %y; echo $?", "local x; echo $?", "fg; echo $?", "jobs %3; echo $?", "umask x; echo $?",
	"exec nosuch; echo no", "nosuch | true; echo $?", "true > $x; echo $?", "shift x; echo $?", "alias nosuch; echo $?", "unalias nosuch; echo $?", "getopts; echo $?",
	"x=1 y; echo $?", "kill -l 9", "set -o nosuch; echo $?", "echo $0", "local; echo $?", "exit 300", "exit 3 | exit 4", "(exit 3); echo $?", "{ exit 3; }; echo no",
	// Words.
	`printf '[%s]' a 'b c' "d  e" f\ g '' $x "$x" "" ""$x $x""`, `x='a b'; printf '[%s]' $x "$x" a$x$x "a$x"`, `printf '[%s]' "\$A \" \x \\" '\$' \a`,
	`set -- a 'b c' ''; printf '[%s]' "$@" - $@ - "$*" - $* - x"$@"y "x$@"; printf '[%s]' $# "$0"`, `set --; printf '[%s]' a "$@" "$*" b`,
	`IFS=:; x=a::b:; printf '[%s]' $x; set -- 1 2; printf '[%s]' "$*"`, `IFS=' :'; x=' a : b  c:'; printf '[%s]' $x`, `IFS=; x='a b'; printf '[%s]' $x`,
	`printf '[%s]' ${u:-"a b"} "${u:-"a  b"}" ${u:-a b} "${u:-'a'}" ${u-} "${u+x}" ${u:=v w} $u`, `x=; printf '[%s]' "${x-d}" "${x:-d}" "${x+s}" "${x:+s}"`,
	`x=a.tar.gz; echo ${x%.*} ${x%%.*} ${x#*.} ${x##*.} ${#x} ${x%"*"} ${x#a*t}`, `p='*'; x='a*b'; echo "${x#a$p}" "${x#a"$p"}"`,
	`x=a\ b; printf '[%s]' "$x"; x=~; echo $x; x='~'; echo $x; echo ~root ~nosuchuser "~"`, "echo `echo \\`echo a\\``", "echo $(echo a; echo; echo) b", `echo "$(echo 'a  b')"`,
	"echo $((1+2*3)) $((7/2)) $((-7/2)) $((7%3)) $((1<<4|1)) $((0x1f)) $((017)) $((!0)) $((~1)) $((2>1&&0)) $((1?2:3)) $((5-3-1))",
	"x=5; echo $((x)) $(($x+1)) $((x=x+1)) $x $((x+=2)) $x; y=x; echo $((y))", "echo $((08))", "echo ${#} ${#@}", "x=$(exit 3); echo $?; x=1; echo $?",
	"echo a#b # c", `echo "a
b"`, "echo a\\\nb", "x=1; x=2 true; echo $x; x=3 :; echo $x", "x=1; f() { x=2; }; (f); echo $x; f; echo $x", "echo $x$((x)) ${x}y",
	`x='a\tb'; echo "$x"; echo 'a\nb'; echo -n a; echo -e 'a\tb'; echo -E a; echo - --`, `printf '%s-%d-%5.2f|%-5s|%05d|%x|%c|%%|%b\n' a 12 3.14159 ab 42 255 xyz 'a\tb'`,
	`printf '%s %s\n' a b c; printf 'x\n' a; printf '%d %i %o %u\n' "'a" 0x10 8 3; printf '\101\n'`, "printf 'no newline'; echo", "printf '%*d\n' 5 42",
	// Files and redirections.
	"echo a > f; echo b >> f; cat f; cat < f; wc -l < f", "ls nosuch 2>/dev/null; echo $?", "{ echo out; echo err >&2; } 2>&1 | sort", "{ echo out; echo err >&2; } > f 2>&1; cat f",
	"{ echo out; echo err >&2; } 2>&1 >/dev/null", "cat <<E\na $((1+1)) $(echo b) \\$x `echo c`\nE", "cat <<'E'\na $x\nE", "cat <<-E\n\ta\n\tE", "cat <<A; cat <<B\n1\nA\n2\nB",
	"exec 3>f; echo x >&3; exec 3>&-; cat f", "exec > f; echo x; cat f >&2", "echo x >&9", "exec 3<f", "echo a > f; while read x; do echo $x; done < f; read y < f; echo $y",
	"printf 'a b c\\n d  \\\\e\\n' | { read x y; echo \"[$x][$y]\"; read -r z; echo \"[$z]\"; read q; echo $?; }", "echo a:b:c | { IFS=: read x y; echo \"[$x][$y]\"; }",
	"echo a > x1; echo > x2; echo *; echo x? 'x?' x[1] x[!1] y*; echo \"x\"*; echo x\\*", "mkdir d; echo a > d/f; echo */f d/*; cd d; pwd | tail -c 3; cd ..; echo */", "set -f; echo *",
	"> f; echo $?; cat f", "echo a >f 2>&1 <f; cat f", "x=f; echo a > $x; cat \"$x\"", "true < nosuch && echo no; echo $?", "cat 0<<E\nx\nE",
	// Statements.
	"true && echo yes || echo no; false && echo yes || echo no", "! true; echo $?; ! false; echo $?", "for i in c a b; do echo $i; done | sort | tail -1", "for i; do echo $i; done",
	"set -- a b; for i do echo $i; done", "if false; then echo a; elif true; then echo b; else echo c; fi; if false; then :; fi; echo $?", "i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done; echo $?",
	"until false; do echo a; break; done; echo $?", "for i in 1 2 3; do for j in a b; do [ $i = 2 ] && continue 2; [ $i = 3 ] && break 2; echo $i$j; done; done", "while true; do break; done; echo $?",
	"case abc in a*) echo 1;; *) echo 2;; esac; case x in a|x) echo 3;; esac; case '*' in '*') echo 4;; esac; case y in x) ;; esac; echo $?", `x='a*'; case abc in "$x") echo q;; $x) echo u;; esac`,
	"f() { echo $1 $#; return 3; echo no; }; f a b; echo $? $#", "f() { local x=1; echo $x; }; x=0; f; echo $x", "f() (exit 3); f; echo $?", "f() { echo x; } > f; f; cat f", "f() { return; }; false; f; echo $?",
	"x=1; { x=2; }; echo $x; (x=3); echo $x; x=4 | true; echo $x", "echo x | { cat; } | cat; echo x | while read y; do z=$y; done; echo \"[$z]\"", "false | true; echo $?; true | false; echo $?",
	"sleep 0 & wait $!; echo $?; (exit 3) & wait $!; echo $?; wait; echo $?", "(echo a; echo b) & wait", "x=$(sleep 0 & echo a); echo $x", "{ sleep 0.2; echo late; } & echo soon; wait",
	"set -e; false; echo no", "set -e; false || true; if false; then :; fi; ! true; false | true; echo yes", "set -e; f() { false; echo in; }; f && echo yes; f; echo no", "set -e; (false); echo no", "set -e; x=$(false); echo no",
	"set -x; echo a; x=1; x=2 true", "eval 'echo a; x=1'; echo $x", "eval; echo $?", "echo 'echo $1 in; return 4' > f; . ./f; echo $?", "trap 'echo bye' EXIT; echo a; exit 3", "trap 'echo t' TERM; kill $$; echo after",
	"trap 'echo int' INT; kill -INT $$; trap - INT; trap", "trap 'echo x' EXIT; trap", "(trap 'echo sub' EXIT); echo a", "kill $$; echo no", "set -- -a -b x -c y; while getopts ab:c o; do echo $o $OPTARG $OPTIND; done; shift $((OPTIND-1)); echo $*",
	"getopts :ab o -x; echo $o $OPTARG", "getopts a: o -a; echo $o", "alias e='echo x'; echo $?", "f() { echo f; }; command echo a; type f | head -1", "unset x; x=1; unset x; echo ${x-unset}; f() { :; }; unset -f f; f",
	"export A=1; sh -c 'echo $A $0'; B=2 sh -c 'echo $B' x", "env | grep ^Q; Q=1 env | grep ^Q", "readonly r=1; unset r; echo $?", "set a b; echo $1; set -- -x; echo $1", "test -f f; echo $?; > f; test -f f -a -d . && echo y; [ ! -e g ] && echo n",
	"[ -z '' ] && [ -n x ] && [ a != b ] && [ 1 -le 2 ] && [ '(' = '(' ] && echo ok", "[ a = a -o b = c -a c = d ] && echo ok; [ ! ]; echo $?; [ ! x ]; echo $?", "cd .. && cd - > /dev/null; echo $?",
	"echo $-; set -u; echo $-", "exec 2>&1; nosuch", "x=5; : ${x:=6} ${y:=7}; echo $x $y", ": > f; [ -s f ]; echo $?", "umask; umask 077; umask", "echo $(( 10 > 9 ? 1 : 0 )) $((1,2))", "i=0; : $((i+=1)); echo $i", "pwd > f; cd .; [ \"$(pwd)\" = \"$(cat f)\" ]; echo $?",
	"yes | head -1", "echo a | cat | cat | cat", "f() { cat; }; echo x | f", "a=1 b=$a; echo $b", "set -o | head -1", "hash -r; echo $?", "if true; then\necho a\nfi\necho b", "nosuch\necho b\nif\n", "a;;b", "echo )", "while :; do", "f()",
}

// bashLines are only bash's.
var bashLines = []string{
	"a=(1 '2 3' x); echo ${a[1]} ${#a[@]} ${a[@]: -1} ${!a[@]}; a+=(y); printf '[%s]' \"${a[@]}\" \"${a[*]}\"; a[9]=z; echo ${a[-1]}; unset 'a[0]'; echo ${!a[@]}", "a=x; a[1]=y; echo $a ${a[@]}",
	"declare -A m=([k]=v [\"x y\"]=z); echo ${m[k]} \"${m[\"x y\"]}\" ${#m[@]}; m[n]=1; echo ${m[n]}", "declare -i n=1+2; n+=3; echo $n; declare -r c=1; c=2; echo no", "x=abcabc; echo ${x/b/X} ${x//b/X} ${x/#a/X} ${x/%c/X} ${x:1:2} ${x: -2} ${x^} ${x^^} ${x//b}",
	"x=ABC; echo ${x,,} ${x,}; y=x; echo ${!y}; echo ${!HOM*}; echo ${x@Q}", "[[ a == a* && ! -f nosuch ]] && echo y; [[ abc =~ ^a(.)c$ ]] && echo ${BASH_REMATCH[1]}; [[ 2 -lt 10 && b > a ]] && echo z; [[ 'a*' == \"a*\" ]] && echo q",
	"((x=1+2)); echo $x $?; ((0)); echo $?; for ((i=0;i<3;i++)); do echo -n $i; done; let 'y=2*3'; echo $y; ((y++)); echo $y", "cat <<<\"a b\"; cat <<< $((1+1))", "echo a &> f; echo b &>> f; cat f", "echo err >&2 |& cat", "function f { echo x; }; f",
	"echo {a,b}{1,2} {1..3} {c..a} a{,b} {x} '{a,b}' {01..03} {1..9..4}", "echo $'a\\tb\\x41\\'' $\"x\"", "set -o pipefail; false | true; echo $?", "source /nosuch; echo no", "f() { local a=(1 2); echo ${a[1]}; }; f; echo ${a[1]-none}", "x=1; f() { local x; echo ${x-unset}; }; f", "printf -v x '%03d' 7; echo $x; printf '%q\n' \"a b\" 'x'",
	"echo a b c | { read -a r; echo ${r[2]}; }; read -n 2 x <<< abc; echo $x; read x y <<< ' 1  2  3 '; echo \"[$x][$y]\"; read <<< ' z '; echo \"[$REPLY]\"", "echo $(<nosuch)x; echo a > f; echo $(<f)", "type -t cd f if cat; f() { :; }; type -t f", "declare -p HOME; export -p | grep HOME", "x='a b'; set | grep ^x=", "a=(1 2); declare -p a",
	"shopt -s nosuchoption; echo $?", "case a in a) echo 1;& b) echo 2;; c) echo 3;; esac; case a in a) echo 1;;& [a-z]) echo 2;; esac", "echo ${#x} $RANDOM$x | wc -w; echo $BASH_VERSION | cut -c1-3; echo $SHLVL", "printf '%s\\n' ${x:-a{b,c}}", "echo \"${@:1:1}\"; set -- a b c; echo ${@:2} ${@:0:1} ${*: -1}", "x=1; x+=2; echo $x", "echo ${u:-$(echo \"a  b\")}", "unset HOME; cd; echo $?", "cd a b", "echo \"$((1/0))\"; echo no", "builtin nosuch; builtin echo x", "! [[ a ]]; echo $?", "if ((1>2)); then echo a; else echo b; fi", "kill -l | head -2", "declare x=1; echo $x", "x=$'a\\nb'; echo \"${x%%$'\\n'*}\"; echo ${x#a}", "a=( $(echo 1 2) ); echo ${#a[@]}", "[[ -v HOME ]] && echo v", "echo $LINENO\necho $LINENO", "wait -n; echo $?",
}

// TestLikeTheRealOnes runs lines by the shells that are installed, and by these.
func TestLikeTheRealOnes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"bash", "dash"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Logf("%s is not installed", name)
			continue
		}
		list := lines
		if name == "bash" {
			list = append(list[:len(list):len(list)], bashLines...)
		}
		for _, line := range list {
			env := []string{"HOME=/root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
			real := exec.Command(path)
			real.Args, real.Dir, real.Env = []string{name, "-c", line}, t.TempDir(), env
			var stdout, stderr strings.Builder
			real.Stdout, real.Stderr = &stdout, &stderr
			status := 0
			var exit *exec.ExitError
			if err := real.Run(); errors.As(err, &exit) {
				if status = exit.ExitCode(); status < 0 {
					status = 143 // by a signal: TERM is the only one here
				}
			}
			want := result{stdout.String(), stderr.String(), status}
			assert.Equal(t, want, runApart(t, newMachine(nil), env, name, "-c", line), "%s -c %q", name, line)
		}
	}
}

// A result is what a program prints and returns.
type result struct {
	stdout, stderr string
	status         int
}

// runApart is run with both outputs apart.
func runApart(t *testing.T, m *machine, env []string, args ...string) result {
	var stdout, stderr bytes.Buffer
	call := &command.Call{Machine: m, Args: args, Env: env, Dir: "/tmp", Stdout: &stdout, Stderr: &stderr}
	status := commands().Run(t.Context(), call)
	return result{stdout.String(), stderr.String(), status}
}
