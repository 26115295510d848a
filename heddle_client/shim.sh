
earlier=$0.before-heddle
newline='
'

# Nobody is asked: git gets the answer of the hook that was here before, if there was one.
leave() {
    if [ -x "$earlier" ]; then
        exec "$earlier" "$@"
    fi
    exit 0
}

# A command that heddle runs may use git, and is not asked about what it does itself.
[ -z "${HEDDLE_HOOK_PROTOCOL-}" ] || leave "$@"

# Where git keeps what all worktrees share, and where the daemon keeps its files beside that.
git_dir=${GIT_DIR:-.git}
if [ -f "$git_dir" ]; then
    IFS= read -r line <"$git_dir"
    git_dir=${line#gitdir: }
elif [ -L "$git_dir" ]; then
    git_dir=$(CDPATH='' cd -P -- "$git_dir" && pwd -P)
fi
case $git_dir in
/*) ;;
. | ./) git_dir=$PWD ;;
*) git_dir=$PWD/$git_dir ;;
esac
git_dir=${git_dir%/}
common=$git_dir
if [ -f "$git_dir/commondir" ]; then
    case $git_dir in
    */worktrees/*) common=${git_dir%/worktrees/*} ;;
    esac
fi
case $common in
*/.git) heddle=${common%/.git}/.heddle ;;
*) heddle=$common/.heddle ;;
esac

# Whoever has nobody to ask refuses, if that is what it was installed for.
without() {
    [ "$policy" = closed ] || leave "$@"
    case "$hook $1" in
    commit-msg* | pre-push* | pre-rebase*) ;;
    *) leave "$@" ;;
    esac
    printf 'heddle: %s refused: %s\n' "$hook" "$missing" >&2
    exit 1
}
if [ ! -S "$heddle/sockets/grpc.sock" ]; then
    missing='no daemon runs; start it with: heddle agent serve --detach'
    without "$@"
fi

# The daemon keeps a list of the hooks that somebody listens to, and of what about them.
listening=$heddle/hooks/listening
{ [ -s "$listening" ] && [ -r "$listening" ]; } || leave "$@"
wanted=
while read -r name what; do
    [ "$name" != "$hook" ] || wanted="$wanted ${what:-all}"
done <"$listening"
[ -n "$wanted" ] || leave "$@"
if [ "$hook" = reference-transaction ] && [ "$1" != prepared ]; then
    leave "$@"
fi
# A push has two names for where it goes, unless that is no remote.
if [ "$hook" = pre-push ] && [ "${1-}" != "${2-}" ]; then
    case $wanted in
    *all*) ;;
    *) leave "$@" ;;
    esac
fi
if [ ! -x "$python" ] || [ ! -r "$client" ]; then
    missing='heddle is not where it was; run: heddle hook install'
    without "$@"
fi

# Where two are to read what git writes to the hook, it is kept; the point saves the newlines at its
# end. A shell reads byte by byte, so that much of it is left to a program, if there is one.
kept=no
case $hook in
pre-push) [ ! -x "$earlier" ] || kept=yes ;;
reference-transaction) kept=yes ;;
esac
if [ $kept = yes ]; then
    input=$(
        lines=0
        while IFS= read -r line; do
            printf '%s\n' "$line"
            lines=$((lines + 1))
            if [ $lines -eq 20 ] && command -v cat >/dev/null; then
                cat
                line=
                break
            fi
        done
        printf '%s.' "$line"
    )
    input=${input%.}
fi
ask() {
    if [ $kept = yes ]; then
        printf '%s' "$input" 2>/dev/null | "$@"
    else
        "$@"
    fi
}

if [ -x "$earlier" ]; then
    ask "$earlier" "$@" || exit $?
fi

# Of the many transactions only those matter that make a branch or begin a merge.
if [ "$hook" = reference-transaction ]; then
    zeros=0000000000000000000000000000000000000000
    matters=no
    case "$wanted$newline$input" in
    *branch*"$newline$zeros"*' refs/heads/'*) matters=yes ;;
    *merge*' ORIG_HEAD'*) [ -z "${GIT_REFLOG_ACTION-}" ] || matters=yes ;;
    esac
    [ $matters = yes ] || exit 0
fi

ask "$python" "$isolation" "$client" "$policy" "$heddle" "$hook" "$@"
case $? in
0) exit 0 ;;
77) exit 1 ;;
esac
[ "$policy" = closed ] || exit 0
printf 'heddle: %s refused: the client of heddle failed\n' "$hook" >&2
exit 1
